// @ts-check
// Columns that the lists of all accounts and the page of one share.
import { number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Badge } from '/js/parts/badge.js';
import { Credits } from '/js/parts/credits.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').NamedTask} NamedTask */

/** What an account is called; one that is closed has no name any more, but its number. @param {string} username */
export function nameOf(username) {
  return username.startsWith('closed:') ? t('staff.closed_account') : username;
}

/** A link to an account. @param {{ id: string | null, name: string | null }} props */
export function UserLink({ id, name }) {
  if (!id) return html`<span class="faint">${t('staff.nobody')}</span>`;
  return html`<a class="link link--quiet" href=${`/admin/users/${id}`} title=${id}>${nameOf(name ?? id)}</a>`;
}

/** @param {NamedTask} task */
function rows({ n_predicted, n_rows }) {
  return n_predicted === n_rows ? number(n_rows) : html`${number(n_predicted)} <span class="faint">${t('staff.of_rows', { count: number(n_rows) })}</span>`;
}

/** Why a task failed: what happens often in the reader's words, the rest as the server says it. @param {NamedTask} task */
const why = ({ error, n_rejected, n_rows }) => (error && n_rejected === n_rows ? t('staff.none_good') : error);

/** @param {boolean} named whether the list is of many accounts @returns {import('/js/parts/table.js').Column<NamedTask>[]} */
export const taskColumns = (named) => [
  {
    key: 'model', label: t('staff.model'), ch: 14,
    cell: (task) => html`<span class="table__main">${tOr(`model.${task.model}`, task.model)}</span>${task.error && html`<span class="table__more">${why(task)}</span>`}`,
  },
  { key: 'status', label: t('staff.status'), aside: true, cell: (task) => html`<${Badge} status=${task.status} />` },
  ...(named ? [{ key: 'user', label: t('staff.user'), cell: (/** @type {NamedTask} */ task) => html`<${UserLink} id=${task.user_id} name=${task.username} />` }] : []),
  { key: 'rows', label: t('staff.rows'), right: true, aside: named, labelled: true, cell: rows },
  {
    key: 'cost', label: t('staff.cost'), right: true, aside: !named, ch: 9,
    cell: (task) => (task.cost ? html`<${Credits} amount=${task.cost} />` : html`<span class="faint">${t('staff.free')}</span>`),
  },
  { key: 'when', label: t('staff.when'), right: true, aside: named, ch: 9, cell: (task) => html`<span class="quiet"><${Time} at=${task.created_at} /></span>` },
];
