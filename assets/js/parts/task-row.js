// @ts-check
// A task as a row of a table: on the home page and in the history.
import { credits, number, percent } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { fileNames } from '/js/core/notes.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { Badge } from '/js/parts/badge.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** What a task was about: its file if it came from one here, or its rows. @param {Task} task */
export function taskTitle(task) {
  return fileNames.find(task.id) ?? t('task.rows', { n: task.n_rows, count: number(task.n_rows) });
}

/** What it cost, or that it cost nothing, or what is held for it. @param {Task} task */
export function taskCharge(task) {
  if (isOpen(task)) return t('task.held', { credits: credits(task.price_per_row * task.n_rows) });
  return task.cost > 0 ? credits(task.cost) : t('task.not_charged');
}

/** @type {import('/js/parts/table.js').Column<Task>[]} */
export const taskColumns = [
  { key: 'rows', get label() { return t('task.task'); }, ch: 12, cell: taskTitle },
  { key: 'status', get label() { return t('task.status'); }, aside: true, ch: 9, cell: (task) => html`
    <${Badge} status=${task.status} />${task.status === 'running' && html` <span class="quiet num">${percent(task.progress)}</span>`}` },
  { key: 'model', get label() { return t('task.model'); }, ch: 12, cell: (task) => html`<span class="quiet">${titleOf(task.model)}</span>` },
  { key: 'predicted', get label() { return t('task.predicted'); }, right: true, far: true, ch: 10, cell: (task) => (isOpen(task) ? '–' : html`
    ${number(task.n_predicted)}${task.n_rejected > 0 && html` <span class="faint">${t('task.of', { count: number(task.n_rows) })}</span>`}`) },
  { key: 'cost', get label() { return t('task.cost'); }, right: true, aside: true, ch: 9, cell: (task) => html`<span class=${task.cost > 0 ? undefined : 'quiet'}>${taskCharge(task)}</span>` },
  { key: 'when', get label() { return t('task.when'); }, right: true, ch: 9, cell: (task) => html`<span class="quiet"><${Time} at=${task.created_at} /></span>` },
];
