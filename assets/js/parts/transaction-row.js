// @ts-check
// An entry of the ledger as a row of a table.
import { credits, number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { html } from '/js/core/view.js';
import { Time } from '/js/parts/time.js';

/** @typedef {{ id: string, kind: string, amount: number, balance: number, description: string, timestamp: string }} Entry */

/** Every kind of entry, the usual ones first. */
export const KINDS = ['charge', 'top_up', 'hold', 'settle', 'release', 'gift', 'refund', 'adjustment'];

const FORMS = /** @type {const} */ ([
  ['entry.part', /^([\w-]+): ([\d,]+) of ([\d,]+) rows?$/],
  ['entry.most', /^([\w-]+): up to ([\d,]+) rows?$/],
  ['entry.rows', /^([\w-]+): ([\d,]+) rows?$/],
  ['entry.none', /^([\w-]+): not charged$/],
]);

/** What the server writes in English, in the reader's words; what people wrote stays as it is. @param {Entry} entry */
export function entryText({ kind, description }) {
  if (description === 'top-up') return t('kind.top_up');
  if (kind === 'gift' && description === 'welcome to Cellar') return t('entry.welcome');
  for (const [key, form] of FORMS) {
    const said = description.match(form);
    if (!said) continue;
    const [n, of] = said.slice(2).map((figure) => Number(figure.replaceAll(',', '')));
    return t(key, { model: titleOf(said[1]), n: of ?? n, count: number(n), of: number(of ?? n) });
  }
  return description;
}

/** @type {import('/js/parts/table.js').Column<Entry>[]} */
export const transactionColumns = [
  { key: 'what', get label() { return t('entry.what'); }, ch: 18, cell: (entry) => html`<span class="table__main">${entryText(entry)}</span>` },
  { key: 'kind', get label() { return t('entry.kind'); }, far: true, ch: 8, cell: ({ kind }) => html`<span class="quiet">${tOr(`kind.${kind}`, kind)}</span>` },
  { key: 'amount', get label() { return t('entry.amount'); }, right: true, aside: true, ch: 9, cell: ({ amount }) => html`
    <span class=${amount > 0 ? 'gain' : undefined}>${credits(amount, { signed: true })}</span>` },
  { key: 'balance', get label() { return t('entry.balance'); }, right: true, labelled: true, ch: 9, cell: ({ balance }) => html`<span class="quiet">${credits(balance)}</span>` },
  { key: 'when', get label() { return t('entry.when'); }, right: true, aside: true, ch: 9, cell: ({ timestamp }) => html`<span class="quiet"><${Time} at=${timestamp} /></span>` },
];
