// @ts-check
// What came of a task as a whole: in a sentence, in figures, and what was paid for it.
import { computing, number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { Notice } from '/js/parts/notice.js';
import { Stat } from '/js/parts/stat.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** How it went, in a sentence. @param {Task} task */
export function outcomeText(task) {
  if (task.status !== 'succeeded') return t(`outcome.${task.status}`);
  if (task.n_rejected === 0) return t('outcome.all_good', { n: task.n_predicted, count: number(task.n_predicted) });
  return t('outcome.some_bad', { n: task.n_rejected, count: number(task.n_rejected), predicted: number(task.n_predicted) });
}

/** What befell a task that came to nothing, unless its rows tell that themselves. @param {{ task: Task }} props */
export function Trouble({ task: { status, error_code } }) {
  if (!error_code || error_code === 'no_good_row') return null;
  return html`<${Notice} kind=${status === 'failed' ? 'bad' : 'info'}>${tOr(`trouble.${error_code}`, t('trouble.failed'))}<//>`;
}

/** What was paid for what, or why nothing was. @param {Task} task */
export function chargeText(task) {
  if (isOpen(task)) return t('charge.held');
  if (task.status === 'cancelled') return t('charge.cancelled');
  if (task.cost === 0) return t(task.n_rejected === task.n_rows && task.n_rows > 0 ? 'charge.none_good' : 'charge.failed');
  const price = t('charge.price', { n: task.price_per_row, count: number(task.price_per_row) });
  return t('charge.paid', { n: task.n_predicted, count: number(task.n_predicted), credits: price });
}

/** The figures of a task; those that are not known yet wait. @param {{ task: Task | null }} props */
export function TaskFigures({ task }) {
  if (!task) return html`<${Stat} figures=${['predicted', 'rejected', 'charged', 'took'].map((name) => ({ name: t(`outcome.${name}`), more: null }))} />`;
  const open = isOpen(task);
  const money = open ? task.price_per_row * task.n_rows : task.cost;
  const ended = (/** @type {string} */ figure) => (open ? '–' : figure);
  const isTimed = !open && task.compute_ms && task.n_predicted;
  return html`
    <${Stat} figures=${[
      { name: t('outcome.predicted'), value: ended(number(task.n_predicted)), unit: open ? undefined : t('rows.unit', { n: task.n_predicted }), more: t('outcome.of_rows', { n: task.n_rows, count: number(task.n_rows) }) },
      { name: t('outcome.rejected'), value: ended(number(task.n_rejected)), unit: open ? undefined : t('rows.unit', { n: task.n_rejected }), tone: task.n_rejected ? 'bad' : undefined, more: task.n_rejected ? t('outcome.cost_nothing', { n: task.n_rejected }) : undefined },
      { name: t(open ? 'outcome.held' : 'outcome.charged'), value: number(money), unit: t('credits.unit', { n: money }), more: chargeText(task) },
      { name: t('outcome.took'), value: ended(task.compute_ms === null ? '–' : computing(task.compute_ms)),
        more: isTimed ? t('outcome.speed', { count: number(task.n_rows / (Number(task.compute_ms) / 1000), { maximumSignificantDigits: 3 }) }) : undefined },
    ]} />`;
}
