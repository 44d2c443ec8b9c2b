// @ts-check
// A task's rows with what came of them: all, those that were predicted, and those that were rejected, to be mended here.
import { placesOf } from '/js/core/cells.js';
import { computing, number } from '/js/core/format.js';
import { useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { listResults, resultsAddress } from '/js/core/tasks.js';
import { html, useRef, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { faultInWords } from '/js/parts/cell-fault.js';
import { Choice } from '/js/parts/choice.js';
import { columnTitle } from '/js/parts/measurements.js';
import { Blank } from '/js/parts/notice.js';
import { Rejected } from '/js/parts/rejected.js';
import { Stat } from '/js/parts/stat.js';
import { List } from '/js/parts/table.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */
/** @typedef {import('/js/core/tasks.js').ResultRow & { id: string }} Row */
/** @typedef {import('/js/core/models.js').Model} Model */

const LIMIT = 50;
const REJECTED_LIMIT = 100;

/** The figures of a task that has ended. @param {{ task: Task }} props */
export function TaskFigures({ task }) {
  return html`
    <${Stat} figures=${[
      { name: t('results.predicted'), value: number(task.n_predicted) },
      { name: t('results.rejected'), value: number(task.n_rejected), tone: task.n_rejected ? 'bad' : undefined },
      { name: t('results.charged'), value: number(task.cost), unit: t('credits.unit', { n: task.cost }) },
      { name: t('results.took'), value: task.compute_ms === null ? '–' : computing(task.compute_ms) },
    ]} />`;
}

/** How an output is shown in a table. @param {import('/js/core/models.js').Output} output @param {any} value */
function shown(output, value) {
  const short = (/** @type {number} */ one) => number(one, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  if (value === undefined || value === null) return '–';
  if (output.kind === 'number') return html`<b>${short(value)}</b>`;
  if (output.kind === 'class') return number(value);
  if (output.kind === 'interval') return t('results.range', { low: short(value[0]), high: short(value[1]) });
  return value.map((/** @type {number} */ one) => number(one, { maximumSignificantDigits: 12 })).join('  ');
}

/** @param {Model} model @param {string[]} names @returns {import('/js/parts/table.js').Column<Row>[]} */
function columnsOf(model, names) {
  const outputs = model.outputs.filter(({ kind }) => kind !== 'probabilities');
  const places = placesOf(model.inputs, names);
  const columnAt = (/** @type {number} */ at) => model.inputs[places.indexOf(at)];
  return [
    { key: 'row', label: t('results.row'), ch: 4, cell: ({ row }) => html`<span class="faint">${number(row)}</span>` },
    ...outputs.map((output, place) => ({
      key: output.name, label: t(`results.output_${output.kind}`), right: true, aside: place === 0, labelled: place > 0, ch: 6,
      cell: (/** @type {Row} */ { prediction, errors, ...row }) => (prediction !== null ? shown(output, row[output.name])
        : place === 0 ? html`<span class="bad-words">${t('results.is_rejected')}</span>`
        : place === 1 ? html`<span class="faint">${errors.map((fault) => faultInWords(fault, model.inputs.find(({ name }) => name === fault.field))).slice(0, 1)}</span>` : ''),
    })),
    ...names.map((name, at) => ({
      key: `cell-${at}`, label: columnAt(at) ? columnTitle(columnAt(at).name) : name, right: true, far: true, ch: 5,
      cell: (/** @type {Row} */ { cells, errors }) => {
        const isBad = errors.some(({ field }) => field === columnAt(at)?.name);
        const text = cells[at] ?? '';
        return isBad ? html`<span class="cell-bad">${text || t('results.empty')}</span>` : html`<span class="quiet">${text}</span>`;
      },
    })),
  ];
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
      <${List} label=${t('results.title')} columns=${columnsOf(model, names)} pages=${pages} n=${8}
        blank=${{ icon: 'list', title: t('results.none'), text: t('results.none_text') }} />
    </div>`;
}

/**
 * The rows of a task that has ended. `onMended` hears of the task that mended rows became.
 * @param {{ task: Task, model: Model, onMended?: (task: Task) => void }} props
 */
export function Results({ task, model, onMended }) {
  const [filters, set] = useFilters({ only: task.n_predicted === 0 ? 'rejected' : 'all' });
  const only = /** @type {'all' | 'predicted' | 'rejected'} */ (['all', 'predicted', 'rejected'].includes(filters.only) ? filters.only : 'all');
  // What was mended and sent stays known while other rows are looked at.
  const mending = useRef(false);
  if (only === 'rejected' && task.n_rejected > 0) mending.current = true;
  return html`
    <section class="card card--table" aria-labelledby="rows">
      <div class="card__head">
        <h2 id="rows">${t('results.title')}</h2>
        <div class="results__tools">
          <${Choice} label=${t('results.show')} quiet value=${only} onChoose=${(/** @type {string} */ value) => set({ only: value })} options=${[
            { value: 'all', label: t('results.only_all', { count: number(task.n_rows) }) },
            { value: 'predicted', label: t('results.only_predicted', { count: number(task.n_predicted) }) },
            { value: 'rejected', label: t('results.only_rejected', { count: number(task.n_rejected) }) },
          ]} />
          <${Button} kind="small" icon="download" href=${resultsAddress(task.id)} download>${t('results.csv')}<//>
        </div>
      </div>
      ${only === 'rejected' && task.n_rejected === 0 ? html`<${Blank} icon="check" title=${t('results.none_rejected')} text=${t('results.none_rejected_text')} />`
        : only === 'predicted' && task.n_predicted === 0 ? html`<${Blank} icon="list" title=${t('results.none_predicted')} text=${t('results.none_predicted_text')} />`
        : only !== 'rejected' && html`<${Rows} key=${only} task=${task} model=${model} only=${only} />`}
      ${mending.current && html`<div hidden=${only !== 'rejected'}><${Rejected} key=${task.id} task=${task} model=${model} limit=${REJECTED_LIMIT} onMended=${onMended} /></div>`}
    </section>`;
}
