// @ts-check
// An entry of the ledger as a row of a table.
import { credits, number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { html } from '/js/core/view.js';
import { Time } from '/js/parts/time.js';

/** @typedef {{ code: string, model: string | null, n_rows: number | null, n_rows_sent: number | null }} Subject */
/** @typedef {{ id: string, kind: string, subject: Subject | null, amount: number, balance: number, description: string, timestamp: string }} Entry */

/** Every kind of entry, the usual ones first. */
export const KINDS = ['charge', 'top_up', 'hold', 'settle', 'release', 'gift', 'refund', 'adjustment'];

/** What it is about, in the reader's words; what people wrote stays as it is. @param {Entry} entry */
export function entryText({ subject, description }) {
  if (!subject || !tOr(`entry.${subject.code}`, '')) return description;
  const { code, model, n_rows, n_rows_sent } = subject;
  return t(`entry.${code}`, { model: titleOf(model ?? ''), n: n_rows_sent ?? n_rows ?? 0, count: number(n_rows ?? 0), of: number(n_rows_sent ?? 0) });
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
