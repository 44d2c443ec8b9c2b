// @ts-check
// Somebody's tasks, in the list of everybody's and on the page of an account.
import { number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { UserLink } from '/js/admin/names.js';
import { Badge } from '/js/parts/badge.js';
import { Credits } from '/js/parts/credits.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').NamedTask} NamedTask */

/** @param {NamedTask} task */
function rows({ n_predicted, n_rows }) {
  return n_predicted === n_rows ? number(n_rows) : html`${number(n_predicted)} <span class="faint">${t('staff.of_rows', { count: number(n_rows) })}</span>`;
}

/** Why a task failed. @param {NamedTask} task */
const why = ({ error_code }) => (error_code === 'no_good_row' ? t('staff.none_good') : tOr(`trouble.${error_code}`, t('trouble.failed')));

/** @param {boolean} named whether the list is of many accounts @returns {import('/js/parts/table.js').Column<NamedTask>[]} */
export const taskColumns = (named) => [
  // What tells the rows apart stands first: whose they are, or what they are about.
  ...(named ? [{ key: 'user', label: t('staff.user'), ch: 12, cell: (/** @type {NamedTask} */ task) => html`<span class="table__main"><${UserLink} id=${task.user_id} name=${task.username} /></span>` }] : []),
  {
    key: 'model', label: t('staff.model'), aside: named, ch: 14,
    cell: (task) => html`<span class=${named ? undefined : 'table__main'}>${tOr(`model.${task.model}`, task.model)}</span>${task.error_code && html`<span class="table__more">${why(task)}</span>`}`,
  },
  { key: 'status', label: t('staff.status'), aside: !named, cell: (task) => html`<${Badge} status=${task.status} />` },
  { key: 'rows', label: t('staff.rows'), right: true, aside: named, labelled: true, cell: rows },
  {
    key: 'cost', label: t('staff.cost'), right: true, aside: !named, ch: 9,
    cell: (task) => (task.cost ? html`<${Credits} amount=${task.cost} />` : html`<span class="faint">${t('staff.free')}</span>`),
  },
  { key: 'when', label: t('staff.when'), right: true, aside: named, ch: 9, cell: (task) => html`<span class="quiet"><${Time} at=${task.created_at} /></span>` },
];
