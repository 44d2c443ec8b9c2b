// @ts-check
// What there is to know of a task besides its rows: what it cost and why, when it ran, and the names to ask about it by.
import { computing, credits, took } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { inputAddress } from '/js/ml_task/api.js';
import { Facts as FactList } from '/js/parts/facts.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** @param {string} text */
const code = (text) => html`<code class="facts__code">${text}</code>`;

/** @param {{ task: Task }} props */
export function Facts({ task }) {
  const day = new Date(task.created_at).toLocaleDateString('sv');
  const left = [
    { name: t('facts.model'), value: html`<a class="link" href=${`/models/${task.model}`}>${titleOf(task.model)}</a>`, detail: t('facts.version', { version: task.model_version }) },
    { name: t('facts.price'), value: t('facts.per_row', { credits: credits(task.price_per_row) }) },
    { name: t('facts.cost'), value: task.cost > 0
      ? html`<a class="link" href=${`/credits?from=${day}&to=${day}`}>${credits(task.cost)}</a>` : isOpen(task) ? t('task.held', { credits: credits(task.price_per_row * task.n_rows) }) : t('task.not_charged') },
    { name: t('facts.input'), value: html`<a class="link" href=${inputAddress(task.id)} download>${t('facts.as_sent')}</a>`, detail: task.status === 'cancelled' ? t('facts.file_only') : undefined },
    { name: t('facts.task'), value: code(task.id) },
    ...(task.request_id ? [{ name: t('facts.request'), value: code(task.request_id) }] : []),
  ];
  // What is answered at once has one moment only.
  const isAtOnce = task.finished_at !== null && task.started_at === task.finished_at;
  const right = [
    { name: t('facts.created'), value: html`<${Time} at=${task.created_at} />` },
    ...(isAtOnce ? [{ name: t('facts.way'), value: t('facts.at_once') }] : [
      { name: t('facts.way'), value: t('facts.background') },
      { name: t('facts.waited'), value: task.started_at ? took(task.created_at, task.started_at) : '–' },
      ...(task.finished_at ? [{ name: t('facts.finished'), value: html`<${Time} at=${task.finished_at} />` }] : []),
      ...(task.started_at && task.finished_at ? [{ name: t('facts.ran'), value: took(task.started_at, task.finished_at) }] : []),
    ]),
    ...(task.compute_ms === null ? [] : [{ name: t('outcome.took'), value: computing(task.compute_ms) }]),
  ];
  return html`
    <div class="page__two page__two--even">
      <section class="card" aria-labelledby="about"><div class="card__head"><h2 id="about">${t('facts.about')}</h2></div><${FactList} rows=${left} /></section>
      <section class="card" aria-labelledby="timing"><div class="card__head"><h2 id="timing">${t('facts.timing')}</h2></div><${FactList} rows=${right} /></section>
    </div>`;
}
