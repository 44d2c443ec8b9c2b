// @ts-check
// Columns of the ledger's entries, for the staff: the list of all accounts and the page of one share them.
import { t, tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { UserLink } from '/js/admin/names.js';
import { Credits } from '/js/parts/credits.js';
import { Time } from '/js/parts/time.js';
import { entryText } from '/js/parts/transaction-row.js';

/** @typedef {import('/js/admin/api.js').Entry} Entry */

/** @param {boolean} named whether the list is of many accounts @returns {import('/js/parts/table.js').Column<Entry>[]} */
export const entryColumns = (named) => [
  {
    key: 'what', label: t('staff.what'), wide: true, ch: 18,
    cell: (entry) => {
      const [kind, text] = [tOr(`kind.${entry.kind}`, entry.kind), entryText(entry)];
      return html`<span class="table__main">${kind}</span>${text !== kind && html`<span class="table__more">${text}</span>`}`;
    },
  },
  ...(named ? [{ key: 'user', label: t('staff.user'), cell: (/** @type {Entry} */ entry) => html`<${UserLink} id=${entry.user_id} name=${entry.username} />` }] : []),
  {
    key: 'amount', label: t('staff.amount'), right: true, aside: named, ch: 10,
    cell: (entry) => html`<span class=${entry.amount > 0 ? 'gain' : undefined}><${Credits} amount=${entry.amount} signed /></span>`,
  },
  { key: 'balance', label: t('staff.balance'), right: true, labelled: true, aside: !named, ch: 10, cell: (entry) => html`<span class="quiet"><${Credits} amount=${entry.balance} /></span>` },
  { key: 'when', label: t('staff.when'), right: true, aside: named, ch: 9, cell: (entry) => html`<span class="quiet"><${Time} at=${entry.timestamp} /></span>` },
];
