// @ts-check
// What there is to know of a task besides its rows: what it cost and why, when it ran, and the names to ask about it by.
import { computing, credits, number, took } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { Facts as FactList } from '/js/parts/facts.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** What was paid for what, or why nothing was. @param {Task} task */
export function chargeText(task) {
  if (isOpen(task)) return t('charge.held');
  if (task.status === 'cancelled') return t('charge.cancelled');
  if (task.cost === 0) return t(task.n_rejected === task.n_rows && task.n_rows > 0 ? 'charge.none_good' : 'charge.failed');
  return t('charge.paid', { n: task.n_predicted, count: number(task.n_predicted), credits: credits(task.price_per_row) });
}

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
    ...(task.compute_ms === null ? [] : [{ name: t('task_page.took'), value: computing(task.compute_ms) }]),
  ];
  return html`
    <div class="page__two page__two--even">
      <section class="card" aria-labelledby="about"><div class="card__head"><h2 id="about">${t('facts.about')}</h2></div><${FactList} rows=${left} /></section>
      <section class="card" aria-labelledby="timing"><div class="card__head"><h2 id="timing">${t('facts.timing')}</h2></div><${FactList} rows=${right} /></section>
    </div>`;
}
