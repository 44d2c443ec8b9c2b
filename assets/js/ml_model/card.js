// @ts-check
// What people should know about a model: what it is, how good it is and how good it only seems, and where its limits are.
import { credits, number, percent } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { BarChart, ScatterChart } from '/js/parts/chart.js';
import { Facts } from '/js/parts/facts.js';
import { columnTitle, figure, unitTitle } from '/js/parts/measurements.js';
import { Notice } from '/js/parts/notice.js';

/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/core/models.js').Evaluation} Evaluation */

const two = (/** @type {number} */ value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** How each score is written; of `low` ones less is better. */
const SCORES = /** @type {const} */ ([
  { name: 'rmse', format: two }, { name: 'mae', format: two }, { name: 'r_squared', format: percent },
  { name: 'accuracy', format: percent }, { name: 'coverage', format: percent }, { name: 'interval_width', format: two },
]);

/** @param {{ evaluation: Evaluation }} props */
function Quality({ evaluation }) {
  const { honest, naive } = evaluation;
  return html`
    <section class="card card--table" aria-labelledby="quality">
      <div class="card__head"><h2 id="quality">${t('card.quality')}</h2></div>
      <p class="card__text card__text--table">${t('card.quality_text')}</p>
      <table class="table table--figures" aria-labelledby="quality">
        <thead><tr>
          <th scope="col">${t('card.measure')}</th><th scope="col" class="table__right">${t('card.honest')}</th>
          <th scope="col" class="table__right">${t('card.naive')}</th>
        </tr></thead>
        <tbody>
          ${SCORES.map(({ name, format }) => html`
            <tr key=${name}>
              <th scope="row">${t(`card.${name}`)}<span class="table__more">${t(`card.${name}_text`)}</span></th>
              <td class="table__right" data-label=${t('card.honest')}><b>${format(honest[name])}</b></td>
              <td class="table__right table__aside quiet" data-label=${t('card.naive')}>${format(naive[name])}</td>
            </tr>`)}
        </tbody>
        <tfoot><tr>
          <th scope="row">${t('card.tested')}</th><td class="table__right" data-label=${t('card.honest')}>${number(honest.n_rows)}</td>
          <td class="table__right table__aside" data-label=${t('card.naive')}>${number(naive.n_rows)}</td>
        </tr></tfoot>
      </table>
    </section>`;
}

/** @param {{ evaluation: Evaluation }} props */
function Plots({ evaluation }) {
  const { errors, calibration } = evaluation;
  const from = (/** @type {number} */ place) => -2 + place / 4;
  const signed = (/** @type {number} */ value) => number(value, { signDisplay: 'exceptZero', minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const near = errors.slice(6, 10).reduce((sum, n) => sum + n, 0) / errors.reduce((sum, n) => sum + n, 0);
  return html`
    <div class="page__two page__two--even">
      <section class="card" aria-labelledby="errors">
        <div class="card__head"><h2 id="errors">${t('card.errors')}</h2></div>
        <${BarChart} label=${t('card.errors')} height=${240} heads=${[t('card.error_of'), t('card.wines')]} xTitle=${t('card.error_axis')} yTitle=${t('card.wines')}
          yFormat=${(/** @type {number} */ n) => t('card.n_wines', { n, count: number(n) })} tickFormat=${number}
          edges=${[-2, -1, 0, 1, 2].map((value) => ({ place: (value + 2) * 4, text: number(value, { signDisplay: 'exceptZero' }) }))}
          bars=${errors.map((value, place) => ({ value, label: signed(from(place) + 0.125), tone: place >= 6 && place < 10 ? 'main' : 'quiet' }))} />
        <p class="field__hint gap-s">${t('card.errors_text', { share: percent(near) })}</p>
      </section>
      <section class="card" aria-labelledby="calibration">
        <div class="card__head"><h2 id="calibration">${t('card.calibration')}</h2></div>
        <${ScatterChart} label=${t('card.calibration')} xTitle=${t('card.expected')} yTitle=${t('card.observed')} format=${two}
          points=${calibration.map(({ expected, observed, n_rows }) => ({ x: expected, y: observed, weight: n_rows, text: t('card.n_wines', { n: n_rows, count: number(n_rows) }) }))}
          heads=${[t('card.expected'), t('card.observed'), t('card.wines')]}
          rows=${calibration.map(({ expected, observed, n_rows }) => [two(expected), two(observed), number(n_rows)])} />
        <p class="field__hint gap-s">${t('card.calibration_text')}</p>
      </section>
    </div>`;
}

/** Which class was taken for which: the diagonal is right. @param {{ model: Model, evaluation: Evaluation }} props */
function Confusion({ model, evaluation }) {
  const classes = model.outputs.find(({ kind }) => kind === 'class')?.classes ?? [];
  const { confusion } = evaluation;
  // How dark a cell is says which share of its true class it holds.
  const shade = (/** @type {number} */ n, /** @type {number[]} */ row) => Math.ceil((4 * n) / Math.max(1, row.reduce((a, b) => a + b, 0)));
  return html`
    <section class="card card--fill" aria-labelledby="confusion">
      <div class="card__head"><h2 id="confusion">${t('card.confusion')}</h2></div>
      <p class="card__text">${t('card.confusion_text')}</p>
      <table class="grid-table num" aria-labelledby="confusion">
        <colgroup><col class="grid-table__axis" /><col class="grid-table__axis" /></colgroup><colgroup span=${classes.length}></colgroup>
        <thead>
          <tr><td colspan="2" rowspan="2"></td><th scope="colgroup" colspan=${classes.length}>${t('card.predicted_class')}</th></tr>
          <tr>${classes.map((name) => html`<th scope="col" key=${name}>${name}</th>`)}</tr>
        </thead>
        <tbody>
          ${confusion.map((row, at) => html`
            <tr key=${at}>
              ${at === 0 && html`<th scope="rowgroup" rowspan=${confusion.length}><span class="grid-table__side">${t('card.true_class')}</span></th>`}
              <th scope="row">${classes[at]}</th>
              ${row.map((n, place) => html`<td key=${place} class=${`shade-${shade(n, row)}${place === at ? ' grid-table__right' : ''}`}>${n ? number(n) : html`<span class="faint">·</span>`}</td>`)}
            </tr>`)}
        </tbody>
      </table>
    </section>`;
}

/** @param {{ model: Model }} props */
function Ranges({ model }) {
  return html`
    <section class="card card--table" aria-labelledby="ranges">
      <div class="card__head"><h2 id="ranges">${t('card.ranges')}</h2></div>
      <table class="table" aria-labelledby="ranges">
        <thead><tr>
          <th scope="col">${t('card.column')}</th><th scope="col">${t('card.unit')}</th><th scope="col" class="table__right">${t('card.seen')}</th>
          <th scope="col" class="table__right">${t('card.allowed')}</th><th scope="col" class="table__right">${t('card.usual')}</th>
        </tr></thead>
        <tbody>
          ${model.inputs.map((column) => html`
            <tr key=${column.name}>
              <td class="table__wide"><span class="table__main">${columnTitle(column.name)}</span><span class="table__more">${tOr(`column_text.${column.name.replace(/ /g, '_').toLowerCase()}`, column.description)}</span></td>
              <td class="quiet" data-label=${t('card.unit')}>${unitTitle(column.unit) ?? '–'}</td>
              <td class="table__right table__aside" data-label=${t('card.seen')}>${t('results.range', { low: figure(column.trained.min), high: figure(column.trained.max) })}</td>
              <td class="table__right quiet" data-label=${t('card.allowed')}>${t('results.range', { low: figure(column.allowed.min), high: figure(column.allowed.max) })}</td>
              <td class="table__right table__aside" data-label=${t('card.usual')}>${figure(column.example)}</td>
            </tr>`)}
        </tbody>
      </table>
    </section>`;
}

/** @param {{ model: Model }} props */
export function ModelCard({ model }) {
  const { card } = model;
  const evaluation = card?.evaluation;
  return html`
    <div class="page__stack">
      <div class="page__two page__two--level">
        <section class="card" aria-labelledby="about">
          <div class="card__head"><h2 id="about">${t('card.about')}</h2></div>
          <p class="card__text">${tOr(`description.${model.id}`, card?.description ?? '')}</p>
          ${card?.data && html`<p class="card__text"><b>${t('card.data')}</b> ${tOr(`card.data.${model.id}`, card.data)}</p>`}
        </section>
        <section class="card" aria-labelledby="facts">
          <div class="card__head"><h2 id="facts">${t('card.facts')}</h2></div>
          <${Facts} rows=${[
            { name: t('model.price'), value: model.price_per_row ? t('model.price_value', { credits: credits(model.price_per_row) }) : t('model.free') },
            { name: t('card.version'), value: html`<code>${model.version ?? '–'}</code>` },
            { name: t('card.name'), value: html`<code>${model.id}</code>` },
            ...(evaluation?.parts ?? []).map(({ part, share, rmse }) => ({
              name: tOr(`part.${part.replace(/ /g, '_')}`, part), detail: t('card.part_alone', { points: two(rmse) }), value: t('card.part_share', { share: percent(share) }),
            })),
          ]} />
        </section>
      </div>
      ${evaluation ? html`
        <div class="page__two page__two--level"><${Quality} evaluation=${evaluation} /><${Confusion} model=${model} evaluation=${evaluation} /></div>
        <${Plots} evaluation=${evaluation} />`
        : card?.data && html`<${Notice}>${t('card.measuring')}<//>`}
      ${model.inputs.length > 0 && html`<${Ranges} model=${model} />`}
    </div>`;
}
