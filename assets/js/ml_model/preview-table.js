// @ts-check
// The rows of a file as they are, with what is wrong marked.
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { faultInWords, guessInWords } from '/js/parts/cell-fault.js';
import { Choice } from '/js/parts/choice.js';
import { columnHead, columnTitle } from '/js/parts/measurements.js';
import { Notice } from '/js/parts/notice.js';

/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/ml_model/preview.js').Preview} Preview */

const SHOWN = 12;

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

/** The line of a row; marked if the row as a whole is wrong, for then no cell of it is. @param {{ row: import('/js/ml_model/preview.js').Row }} props */
function Line({ row: { line, marks } }) {
  const mark = marks.find(({ field }) => field === 'row');
  if (!mark) return number(line);
  return html`<span class="cell-bad" title=${`${t('results.whole_row')} ${faultInWords(mark, undefined)}`}>${number(line)}</span>`;
}

/** @param {{ model: Model, preview: Preview }} props */
export function PreviewTable({ model, preview }) {
  const [shows, setShows] = useState(/** @type {'first' | 'bad'} */ ('first'));
  const only = preview.nBad === 0 ? 'first' : shows;
  const rows = preview[only].slice(0, SHOWN);
  const { names, places } = preview;
  const columnAt = (/** @type {number} */ at) => model.inputs[places.indexOf(at)];
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
      <div class="table-scroll" tabindex="0" role="region" aria-label=${t('table.sideways', { name: t('many.preview') })}>
        <table class="table table--sheet">
          <thead><tr>
            <th scope="col" class="table__right">${t('results.line')}</th>
            ${only === 'bad' && html`<th scope="col">${t('results.wrong')}</th>`}
            ${names.map((name, at) => html`<th scope="col" key=${at} class="table__right">${columnAt(at) ? columnHead(columnAt(at)) : name}</th>`)}
          </tr></thead>
          <tbody>
            ${rows.map((row) => html`
              <tr key=${row.row}>
                <td class="table__right faint"><${Line} row=${row} /></td>
                ${only === 'bad' && html`<td class="table__wide">${row.marks.slice(0, 2).map((mark) => {
                  const place = model.inputs.findIndex(({ name }) => name === mark.field);
                  const column = model.inputs[place];
                  const hint = guessInWords(row.cells[places[place]] ?? null, column);
                  return html`<p>${column ? columnTitle(column.name) : t('results.whole_row')} ${faultInWords(mark, column)}${hint && `; ${hint.question}`}</p>`;
                })}${row.marks.length > 2 && html`<p class="faint">${t('many.more_marks', { n: row.marks.length - 2 })}</p>`}</td>`}
                ${names.map((_, at) => {
                  const column = columnAt(at);
                  const mark = row.marks.find(({ field }) => field === (column?.name ?? names[at]));
                  const text = row.cells[at] ?? '';
                  return html`
                    <td key=${at} class="table__right">
                      ${mark ? html`<span class="cell-bad" title=${faultInWords(mark, column)}>${text.trim() || t('results.empty')}</span>`
                        : column || model.takes_any_numbers ? text : html`<span class="faint">${text}</span>`}
                    </td>`;
                })}
              </tr>`)}
          </tbody>
        </table>
      </div>
      ${preview[only === 'bad' ? 'nBad' : 'nRows'] > rows.length && html`
        <p class="card__foot faint">${t('many.shown', { n: rows.length, count: number(preview[only === 'bad' ? 'nBad' : 'nRows']) })}</p>`}
    </section>`;
}
