// @ts-check
// A task's rows with what came of them: all, those that were predicted, and those that were rejected, to be mended here.
import { placesOf, written } from '/js/core/cells.js';
import { number } from '/js/core/format.js';
import { useFilters } from '/js/core/filters.js';
import { t, tOr } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { listResults, resultsAddress } from '/js/core/tasks.js';
import { html, useRef, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { faultInWords, noteInWords } from '/js/parts/cell-fault.js';
import { Choice } from '/js/parts/choice.js';
import { columnHead, columnTitle } from '/js/parts/measurements.js';
import { Blank } from '/js/parts/notice.js';
import { Rejected } from '/js/parts/rejected.js';
import { RowCells } from '/js/parts/row-cells.js';
import { SmallRuler } from '/js/parts/ruler.js';
import { List, Table } from '/js/parts/table.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */
/** @typedef {import('/js/core/tasks.js').ResultRow & { id: string }} Row */
/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/core/models.js').Output} Output */
/** @typedef {import('/js/core/models.js').Range} Range */

const LIMIT = 25;
const REJECTED_LIMIT = 100;

const short = (/** @type {number} */ one) => number(one, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Whole numbers between which all ranges of these rows lie. @param {Row[]} rows @param {Output} output @returns {Range} */
function endsOf(rows, output) {
  const ranges = rows.flatMap((row) => row[output.name] ?? []);
  return { min: Math.floor(Math.min(...ranges)), max: Math.ceil(Math.max(...ranges)) };
}

/** How an output is shown in a table. @param {Output} output @param {any} value @param {any} middle @param {Range} ends */
function shown(output, value, middle, ends) {
  if (value === undefined || value === null) return '–';
  if (output.kind === 'number') return html`<b>${short(value)}</b>`;
  if (output.kind === 'class') return number(value);
  if (output.kind === 'interval') {
    const [low, high] = value;
    return html`
      <span class="ruled">
        ${typeof middle === 'number' && html`<${SmallRuler} ...${ends} low=${low} high=${high} value=${middle} />`}
        <span class="ruled__figures">${t('results.range', { low: short(low), high: short(high) })}</span>
      </span>`;
  }
  return value.map((/** @type {number} */ one) => number(one, { maximumSignificantDigits: 12 })).join('  ');
}

/** The head of an output, with its scale if that is known. @param {Output} output @param {Model} model */
function headOf({ kind }, model) {
  const scale = kind === 'number' && tOr(`answer.${model.id}.scale`, '');
  const word = t(`results.output_${kind}`);
  return scale ? html`${word} <span class="table__unit">${scale}</span>` : word;
}

/** What is to be known of a row. @param {{ row: Row, model: Model }} props */
function Remarks({ row, model }) {
  const columnOf = (/** @type {string} */ field) => model.inputs.find(({ name }) => name === field);
  return html`
    ${row.errors.map((fault) => {
      const column = columnOf(fault.field);
      return html`<span class="remark remark--bad">${fault.field === 'row' ? t('results.whole_row') : columnTitle(fault.field)}: ${faultInWords(fault, column)}</span>`;
    })}
    ${row.notes?.map((note) => html`<span class="remark">${noteInWords(note, columnOf(note.field))}</span>`)}`;
}

/** @param {Model} model @param {string[]} names @param {Row[]} rows @returns {import('/js/parts/table.js').Column<Row>[]} */
function columnsOf(model, names, rows) {
  const outputs = model.outputs.filter(({ kind }) => kind !== 'probabilities');
  const [first] = outputs;
  const places = placesOf(model.inputs, names);
  const inputAt = (/** @type {number} */ at) => model.inputs[places.indexOf(at)];
  const fieldAt = (/** @type {number} */ at) => inputAt(at)?.name ?? names[at];
  const titles = names.map((name, at) => (inputAt(at) ? columnHead(inputAt(at)) : model.takes_any_numbers ? columnTitle(name) : name));
  const isRemarked = rows.some(({ errors, notes }) => errors.length || notes?.length);
  return [
    { key: 'row', label: t('results.row'), ch: 4, cell: ({ row }) => html`<span class="faint"><span class="remark__row">${t('results.row')} </span>${number(row)}</span>` },
    ...outputs.map((output, place) => {
      const ends = output.kind === 'interval' ? endsOf(rows, output) : { min: 0, max: 0 };
      return {
        key: output.name, label: headOf(output, model), right: true, aside: place === 0, labelled: place > 0, ch: 6,
        cell: (/** @type {Row} */ { prediction, ...row }) => (prediction !== null ? shown(output, row[output.name], row[first.name], ends)
          : place === 0 ? html`<span class="bad-words">${t('results.is_rejected')}</span>` : ''),
      };
    }),
    ...(isRemarked ? [{ key: 'remarks', label: t('results.remarks'), wide: true, ch: 20, cell: (/** @type {Row} */ row) => html`<${Remarks} row=${row} model=${model} />` }] : []),
    ...titles.map((title, at) => ({
      key: `cell-${at}`, label: title, right: true, far: true, ch: 5,
      cell: (/** @type {Row} */ { cells, errors }) => {
        const text = written(cells[at] ?? '');
        return errors.some(({ field }) => field === fieldAt(at)) ? html`<span class="cell-bad">${text || t('results.empty')}</span>` : html`<span class="quiet">${text}</span>`;
      },
    })),
    { key: 'cells', label: t('results.cells'), near: true, wide: true, cell: (row) => html`<${RowCells} cells=${titles.map((title, at) => ({ title, shown: written(row.cells[at] ?? '') || t('results.empty') }))} />` },
  ];
}

/** How many of a task's rows the first page shows, so that nothing below it moves when they come. @param {Task} task @param {string} only */
function nShown({ n_rows, n_predicted, n_rejected }, only) {
  if (only === 'rejected') return Math.min(n_rejected, REJECTED_LIMIT);
  return Math.min(only === 'predicted' ? n_predicted : n_rows, LIMIT);
}

/** Which rows are shown where the address does not say. @param {Task} task */
const usual = (task) => (task.n_predicted === 0 ? 'rejected' : 'all');

/** As many lines as a row of most models takes on a phone. @returns {import('/js/parts/table.js').Column<Row>[]} */
const comingColumns = () => [
  { key: 'row', label: t('results.row'), ch: 4, cell: () => null },
  { key: 'number', label: t('results.output_number'), right: true, aside: true, ch: 6, cell: () => null },
  { key: 'class', label: t('results.output_class'), right: true, wide: true, ch: 6, cell: () => null },
  { key: 'interval', label: t('results.output_interval'), right: true, wide: true, ch: 16, cell: () => null },
  { key: 'cells', label: t('results.cells'), near: true, wide: true, ch: 10, cell: () => null },
];

/** The rows while even the model is on its way. @param {{ task: Task }} props */
export function ResultsComing({ task }) {
  return html`
    <section class="card card--table" aria-labelledby="rows">
      <div class="card__head"><h2 id="rows">${t('results.title')}</h2></div>
      <${Table} label=${t('results.title')} rows=${null} n=${nShown(task, usual(task))} columns=${comingColumns()} />
    </section>`;
}

/** @param {{ task: Task, model: Model, only: 'all' | 'predicted' }} props */
function Rows({ task, model, only }) {
  const [names, setNames] = useState(/** @type {string[]} */ ([]));
  const pages = usePages(async (cursor) => {
    const page = await listResults(task.id, { limit: LIMIT, cursor, only });
    setNames(page.columns);
    return { items: page.items.map((item) => ({ ...item, id: String(item.row) })), next_cursor: page.next_cursor };
  }, [task.id, only]);
  return html`
    <div class="table-scroll" tabindex="0" role="region" aria-label=${t('table.sideways', { name: t('results.title') })}>
      <${List} label=${t('results.title')} columns=${columnsOf(model, names, pages.items ?? [])} pages=${pages} n=${nShown(task, only)}
        blank=${{ icon: 'list', title: t('results.none'), text: t('results.none_text') }} />
    </div>`;
}

/** The rows of a task that has ended. @param {{ task: Task, model: Model }} props */
export function Results({ task, model }) {
  const [filters, set] = useFilters({ only: usual(task) }, { only: ['all', 'predicted', 'rejected'] });
  const only = /** @type {'all' | 'predicted' | 'rejected'} */ (filters.only);
  // What was mended and sent stays known while other rows are looked at.
  const mending = useRef(false);
  if (only === 'rejected' && task.n_rejected > 0) mending.current = true;
  return html`
    <section class="card card--table" aria-labelledby="rows">
      <div class="card__head">
        <h2 id="rows">${t('results.title')}</h2>
        <div class="results__tools">
          <${Choice} label=${t('results.show')} quiet value=${only} onChoose=${(/** @type {string} */ value) => set({ only: value })} options=${[
            { value: 'all', label: t('results.only_all'), count: number(task.n_rows) },
            { value: 'predicted', label: t('results.only_predicted'), count: number(task.n_predicted) },
            { value: 'rejected', label: t('results.only_rejected'), count: number(task.n_rejected) },
          ]} />
          <${Button} kind="small" icon="download" href=${resultsAddress(task.id)} download>${t('results.csv')}<//>
        </div>
      </div>
      ${only === 'rejected' && task.n_rejected === 0 ? html`<${Blank} icon="check" title=${t('results.none_rejected')} text=${t('results.none_rejected_text')} />`
        : only === 'predicted' && task.n_predicted === 0 ? html`<${Blank} icon="list" title=${t('results.none_predicted')} text=${t('results.none_predicted_text')} />`
        : only !== 'rejected' && html`<${Rows} key=${only} task=${task} model=${model} only=${only} />`}
      ${mending.current && html`<div hidden=${only !== 'rejected'}><${Rejected} key=${task.id} task=${task} model=${model} limit=${REJECTED_LIMIT} /></div>`}
    </section>`;
}
