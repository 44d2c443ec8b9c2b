// @ts-check
// What came of each row: all of them, those that were predicted, or those that were not.
import { useFilters } from '/js/core/filters.js';
import { measure, number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { listRows, outputsOf } from '/js/ml_task/api.js';
import { faultText, noteText } from '/js/ml_task/faults.js';
import { columnTitle } from '/js/parts/measurements.js';
import { SmallRuler } from '/js/parts/ruler.js';
import { List } from '/js/parts/table.js';
import { TabPanel, Tabs } from '/js/parts/tabs.js';

/** @typedef {import('/js/ml_task/api.js').Row} Row */
/** @typedef {import('/js/core/tasks.js').Task} Task */
/** @typedef {import('/js/core/tasks.js').Fault & { id: string }} FaultRow */

const LIMIT = 10;
/** Figures under each other have their points under each other. @type {Intl.NumberFormatOptions} */
const TWO_DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

/** @param {any} value */
function outputText(value) {
  if (typeof value === 'number') return measure(value);
  return Array.isArray(value) ? value.map((one) => measure(one)).join('; ') : String(value ?? '–');
}

/** @typedef {{ min: number, max: number }} Ends */

/** Whole numbers between which all ranges of these rows lie. @param {Row[]} rows @returns {Ends} */
function endsOf(rows) {
  const ranges = rows.flatMap(({ interval }) => interval ?? []);
  return { min: Math.floor(Math.min(...ranges)), max: Math.ceil(Math.max(...ranges)) };
}

/** @param {{ row: Row, ends: Ends }} props */
function Interval({ row, ends }) {
  const [low, high] = row.interval;
  return html`
    <span class="ruled">
      ${typeof row.score === 'number' && html`<${SmallRuler} ...${ends} low=${low} high=${high} value=${row.score} />`}
      <span class="ruled__figures">${t('rows.interval_value', { low: number(low, TWO_DIGITS), high: number(high, TWO_DIGITS) })}</span>
    </span>`;
}

/** @param {string} name @param {Row} row @param {Ends} ends */
function cellOf(name, row, ends) {
  const value = row[name];
  if (value === undefined || value === null) return html`<span class="faint">–</span>`;
  if (name === 'interval') return html`<${Interval} row=${row} ends=${ends} />`;
  // The first figure is what the row was sent for.
  return name === 'score' ? html`<b>${number(value, TWO_DIGITS)}</b>` : outputText(value);
}

/** The value as it was sent, or that there was none. @param {{ value: string | null }} props */
function Sent({ value }) {
  return value?.trim() ? html`<code class="sent">${value}</code>` : html`<span class="sent sent--nothing">${t('rows.nothing')}</span>`;
}

/** What is to be known of a row. @param {{ row: Row }} props */
function Remarks({ row }) {
  return html`
    ${row.errors.map((fault) => html`<span class="remark remark--bad">${columnTitle(fault.field)}: ${faultText(fault)}</span>`)}
    ${row.notes.map((note) => html`<span class="remark">${noteText(note)}</span>`)}`;
}

/** @param {string[]} outputs @param {boolean} isRemarked @param {Row[]} rows @returns {import('/js/parts/table.js').Column<Row>[]} */
function rowColumns(outputs, isRemarked, rows) {
  const first = rows.find((row) => outputsOf(row).length);
  const ends = endsOf(rows);
  return [
    { key: 'row', label: t('rows.row'), ch: 4, cell: (row) => html`<span class="remark__row">${t('rows.row')} </span>${number(row.row)}` },
    ...outputs.map((name, at) => ({
      key: name, label: tOr(`output.${name}`, columnTitle(name)), right: name === 'interval' || typeof first?.[name] !== 'object', aside: at === 0, labelled: at > 0, ch: 6,
      cell: (/** @type {Row} */ row) => cellOf(name, row, ends),
    })),
    ...(isRemarked ? [{ key: 'remarks', label: t('rows.remarks'), wide: true, ch: 20, cell: (/** @type {Row} */ row) => html`<${Remarks} row=${row} />` }] : []),
  ];
}

/** @returns {import('/js/parts/table.js').Column<FaultRow>[]} */
const faultColumns = () => [
  { key: 'row', label: t('rows.row'), ch: 4, cell: (fault) => html`<span class="remark__row">${t('rows.row')} </span>${number(fault.row)}` },
  { key: 'field', label: t('rows.column'), aside: true, ch: 12, cell: (fault) => columnTitle(fault.field) },
  { key: 'value', label: t('rows.sent'), ch: 6, cell: (fault) => html`<${Sent} value=${fault.value} />` },
  { key: 'message', label: t('rows.wrong'), aside: true, ch: 18, cell: (fault) => html`<span class="remark remark--bad">${faultText(fault)}</span>` },
  { key: 'line', label: t('rows.line'), right: true, far: true, ch: 4, cell: (fault) => html`<span class="quiet">${fault.line === null ? '–' : number(fault.line)}</span>` },
];

/** @param {{ task: Task, only: 'all' | 'predicted' | 'rejected' }} props */
function Results({ task, only }) {
  const pages = usePages((cursor) => listRows(task.id, { limit: LIMIT, cursor, only }), [task.id, task.status, only]);
  const blank = { icon: 'list', title: t(`rows.none_${only}`), text: t(`rows.none_${only}_text`) };
  if (only === 'rejected') {
    const faults = pages.items?.flatMap((row) => row.errors.map((fault) => ({ ...fault, id: `${fault.row} ${fault.field} ${fault.code}` }))) ?? null;
    return html`<${List} label=${t('rows.rejected')} columns=${faultColumns()} pages=${{ ...pages, items: faults }} n=${5} blank=${blank} />`;
  }
  const first = pages.items?.find((row) => outputsOf(row).length);
  const outputs = first ? outputsOf(first) : pages.items ? [] : ['score', 'class', 'interval'];
  const isRemarked = !pages.items || pages.items.some(({ errors, notes }) => errors.length || notes.length);
  return html`<${List} label=${t(`rows.${only}`)} columns=${rowColumns(outputs, isRemarked, pages.items ?? [])} pages=${pages} n=${8} blank=${blank} />`;
}

/** @param {{ task: Task }} props */
export function Rows({ task }) {
  const [{ rows }, setFilters] = useFilters({ rows: task.n_predicted === 0 && task.n_rejected > 0 ? 'rejected' : 'all' });
  const only = rows === 'predicted' || rows === 'rejected' ? rows : 'all';
  const tabs = [
    { id: 'all', label: t('rows.all'), count: number(task.n_rows) },
    { id: 'predicted', label: t('rows.predicted'), count: number(task.n_predicted) },
    { id: 'rejected', label: t('rows.rejected'), count: number(task.n_rejected) },
  ];
  if (isOpen(task) || (task.n_predicted === 0 && task.n_rejected === 0)) return null;
  return html`
    <section class="card card--table card--tabs" aria-labelledby="rows">
      <div class="card__head"><h2 id="rows">${t('rows.title')}</h2></div>
      <${Tabs} name="rows" label=${t('rows.title')} tabs=${tabs} chosen=${only} onChoose=${(/** @type {string} */ id) => setFilters({ rows: id })} />
      <${TabPanel} name="rows" chosen=${only}><${Results} task=${task} only=${only} /><//>
    </section>`;
}
