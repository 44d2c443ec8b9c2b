// @ts-check
// The rows of a file as they are, with what is wrong marked.
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { faultInWords, guessInWords } from '/js/parts/cell-fault.js';
import { Choice } from '/js/parts/choice.js';
import { columnHead, columnTitle } from '/js/parts/measurements.js';
import { Notice } from '/js/parts/notice.js';
import { RowCells } from '/js/parts/row-cells.js';
import { Table } from '/js/parts/table.js';

/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/core/models.js').Column} Column */
/** @typedef {import('/js/ml_model/preview.js').Preview} Preview */
/** @typedef {import('/js/ml_model/preview.js').Row} Row */

/** So many rows are shown at first. */
const SHOWN = 12;
/** So many cells one under the other are looked through at a glance. */
const FEW = 12;
/** Of what is wrong with a row so much is told; the cells show all of it. */
const TOLD = 2;

/** Which columns were found under which names. @param {{ model: Model, preview: Preview }} props */
export function Columns({ model, preview }) {
  const { missing, repeated, extra, names, places, hasHeader } = preview;
  const titles = (/** @type {string[]} */ list) => list.map(columnTitle).join(', ');
  if (missing.length) {
    return html`<${Notice} kind="bad"><b>${t('many.missing', { n: missing.length })}</b> ${titles(missing)}. ${t('many.missing_text')}<//>`;
  }
  if (repeated.length) return html`<${Notice} kind="bad"><b>${t('many.repeated')}</b> ${titles(repeated)}.<//>`;
  if (model.takes_any_numbers) return null;
  const renamed = model.inputs.filter(({ name }, at) => names[places[at]] !== name);
  return html`
    <details class="fold">
      <summary class="fold__title">${t(hasHeader ? 'many.matched' : 'many.no_header', { n: model.inputs.length })}${extra.length > 0 && ` ${t('many.extra', { n: extra.length })}`}</summary>
      <ul class="matches">
        ${model.inputs.map(({ name }, at) => html`
          <li class="matches__one" key=${name}><b>${columnTitle(name)}</b> <span class="quiet">${hasHeader ? names[places[at]] : t('many.place', { n: at + 1 })}</span></li>`)}
        ${extra.map((name) => html`<li class="matches__one matches__one--extra" key=${name}><b>${name || t('many.nameless')}</b> <span class="quiet">${t('many.kept')}</span></li>`)}
      </ul>
      ${renamed.length > 0 && hasHeader && html`<p class="field__hint">${t('many.renamed')}</p>`}
    </details>`;
}

/** A cell as it stands in the file, marked if it is wrong. @param {{ text: string, mark: import('/js/ml_model/preview.js').Mark | undefined, column: Column | undefined, isUsed: boolean }} props */
function Cell({ text, mark, column, isUsed }) {
  if (mark) return html`<span class="cell-bad" title=${faultInWords(mark, column)}>${text.trim() || t('results.empty')}</span>`;
  return isUsed ? text : html`<span class="faint">${text}</span>`;
}

/** What is wrong with a row, and what it was probably meant to say. @param {{ row: Row, model: Model, places: number[] }} props */
function Wrong({ row, model, places }) {
  const rest = row.marks.length - TOLD;
  return html`
    ${row.marks.slice(0, TOLD).map((mark) => {
      const at = model.inputs.findIndex(({ name }) => name === mark.field);
      const column = model.inputs[at];
      const hint = guessInWords(row.cells[places[at]] ?? null, column);
      return html`<p>${column ? columnTitle(column.name) : t('results.whole_row')} ${faultInWords(mark, column)}${hint && `; ${hint.question}`}</p>`;
    })}
    ${rest > 0 && html`<p class="faint">${t('many.more_marks', { n: rest })}</p>`}`;
}

/** @param {Model} model @param {Preview} preview @param {Row[]} rows @param {boolean} isBad whether all of the rows are bad @returns {import('/js/parts/table.js').Column<Row>[]} */
function columnsOf(model, { names, places }, rows, isBad) {
  const cells = names.map((name, at) => {
    const column = model.inputs[places.indexOf(at)];
    const show = (/** @type {Row} */ { cells: texts, marks }) => html`
      <${Cell} text=${texts[at] ?? ''} column=${column} isUsed=${Boolean(column) || model.takes_any_numbers} mark=${marks.find(({ field }) => field === (column?.name ?? name))} />`;
    const isMarked = rows.some(({ marks }) => marks.some(({ field }) => field === (column?.name ?? name)));
    return { title: column ? columnHead(column) : name, show, isMarked };
  });
  // Where a row is shown for what is wrong with it, that shall be in view.
  if (isBad) cells.sort((one, other) => Number(other.isMarked) - Number(one.isMarked));
  return [
    { key: 'line', label: t('results.line'), right: true, cell: ({ line, marks }) => {
      const mark = marks.find(({ field }) => field === 'row');
      const words = mark && `${t('results.whole_row')} ${faultInWords(mark, undefined)}`;
      return html`<span class=${mark ? 'cell-bad' : 'faint'} title=${words}><span class="remark__row">${t('results.line')} </span>${number(line)}</span>`;
    } },
    ...(isBad ? [{ key: 'wrong', label: t('results.wrong'), wide: true, cell: (/** @type {Row} */ row) => html`<${Wrong} row=${row} model=${model} places=${places} />` }] : []),
    ...cells.map(({ title, show }, at) => ({ key: `cell-${at}`, label: title, right: true, far: true, cell: show })),
    { key: 'cells', label: t('results.cells'), near: true, wide: true, cell: (row) => html`<${RowCells} open=${isBad || names.length <= FEW} cells=${cells.map(({ title, show }) => ({ title, shown: show(row) }))} />` },
  ];
}

/** @param {{ model: Model, preview: Preview }} props */
export function PreviewTable({ model, preview }) {
  const [shows, setShows] = useState(/** @type {'first' | 'bad'} */ ('first'));
  const [most, setMost] = useState(SHOWN);
  const only = preview.nBad === 0 ? 'first' : shows;
  const rows = preview[only].slice(0, most);
  const n = preview[only === 'bad' ? 'nBad' : 'nRows'];
  return html`
    <section class="card card--table" aria-labelledby="preview">
      <div class="card__head">
        <h2 id="preview">${t('many.preview')}</h2>
        ${preview.nBad > 0 && html`
          <${Choice} label=${t('many.show')} quiet value=${only} onChoose=${setShows} options=${[
            { value: 'first', label: t('many.first') },
            { value: 'bad', label: t('many.bad', { n: preview.nBad, count: number(preview.nBad) }) },
          ]} />`}
      </div>
      <div class="table-scroll table-scroll--dense" tabindex="0" role="region" aria-label=${t('table.sideways', { name: t('many.preview') })}>
        <${Table} label=${t('many.preview')} columns=${columnsOf(model, preview, rows, only === 'bad')} rows=${rows} id=${(/** @type {Row} */ { row }) => String(row)} />
      </div>
      ${n > rows.length && html`
        <div class="card__foot">
          <p class="faint">${t('many.shown', { n: rows.length, count: number(n) })}</p>
          ${preview[only].length > rows.length && html`<${Button} kind="small" onClick=${() => setMost(preview[only].length)}>${t('table.more')}<//>`}
        </div>`}
    </section>`;
}
