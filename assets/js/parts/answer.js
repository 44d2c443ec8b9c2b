// @ts-check
// What a model says of a row, by the kinds of its outputs.
import { number, percent } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { useInView } from '/js/core/in-view.js';
import { html } from '/js/core/view.js';
import { Bars } from '/js/parts/bars.js';
import { columnTitle, figure, quantity } from '/js/parts/measurements.js';
import { Icon } from '/js/parts/icon.js';
import { Ruler } from '/js/parts/ruler.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const short = (/** @type {number} */ value) => number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** The output of a kind, with its value. @param {Model} model @param {Record<string, any>} prediction @param {string} kind */
function outputOf(model, prediction, kind) {
  const output = model.outputs.find((one) => one.kind === kind);
  return output && prediction[output.name] !== undefined ? { ...output, value: prediction[output.name] } : null;
}

/** @param {{ model: Model, note: import('/js/core/tasks.js').Note }} props */
function Note({ model, note: { field, value, min, max } }) {
  const column = model.inputs.find(({ name }) => name === field);
  return html`
    <b>${columnTitle(field)} ${quantity(value, column)}</b>
    ${' '}${t(`answer.note_${value > max ? 'high' : 'low'}`, { min: figure(min), max: quantity(max, column) })}`;
}

/**
 * The answer to one row. `setScore` is told where the score is.
 * @param {{ model: Model, prediction: Record<string, any>, setScore?: (at: HTMLElement | null) => void }} props
 */
export function Answer({ model, prediction, setScore }) {
  const score = outputOf(model, prediction, 'number');
  const best = outputOf(model, prediction, 'class');
  const interval = outputOf(model, prediction, 'interval');
  const shares = outputOf(model, prediction, 'probabilities');
  const list = outputOf(model, prediction, 'numbers');
  const classes = best?.classes ?? shares?.classes ?? [];
  const pad = interval ? interval.value[1] - interval.value[0] : 1;
  const ends = classes.length
    ? { min: classes[0], max: classes[classes.length - 1] }
    : { min: (score?.value ?? 0) - pad, max: (score?.value ?? 0) + pad };
  return html`
    <div class="answer">
      ${score && html`
        <p class="answer__score" ref=${setScore}>
          <span class="answer__figure num">${short(score.value)}</span>
          <span class="quiet">${tOr(`answer.${model.id}.scale`, '')}
            ${best && html`<br />${t('answer.likely')} <b class="answer__class num">${best.value}</b>`}</span>
        </p>`}
      ${interval && score && html`
        <div>
          <${Ruler} ...${ends} low=${interval.value[0]} high=${interval.value[1]} value=${score.value} format=${short}
            label=${t('answer.range', { low: short(interval.value[0]), high: short(interval.value[1]) })} />
          <p class="answer__small">${tOr(`answer.${model.id}.interval`, t('answer.interval'))}</p>
        </div>`}
      ${shares && html`
        <${Bars} label=${t('answer.shares')}
          rows=${Object.entries(shares.value).map(([label, share]) => ({ label, share, top: Number(label) === best?.value }))} />`}
      ${list && html`<p class="answer__list num">${list.value.map((/** @type {number} */ value) => number(value, { maximumSignificantDigits: 12 })).join('   ')}</p>`}
      ${prediction.notes?.map((/** @type {any} */ note) => html`
        <div class="notice notice--warn answer__note" key=${note.field}><${Icon} name="warn" /><p><${Note} model=${model} note=${note} /></p></div>`)}
    </div>`;
}

/**
 * The answer in one line that stays in view on a phone, where the whole one is scrolled away while values are moved; beside
 * it, what asks for the next. Those who hear the page hear the whole answer. It stands there `instead` of these, and
 * steps aside while one of them can be seen.
 * @param {{ model: Model, prediction: Record<string, any> | null, isOld?: boolean, instead: (HTMLElement | null)[], children?: any }} props
 */
export function AnswerStrip({ model, prediction, isOld = false, instead, children }) {
  const isAside = useInView(instead) !== false;
  const score = prediction && outputOf(model, prediction, 'number');
  const best = prediction && outputOf(model, prediction, 'class');
  if (!score && !children) return null;
  return html`
    <div class=${['answer-strip', isOld && 'answer-strip--old', isAside && 'answer-strip--aside'].filter(Boolean).join(' ')}>
      ${score && html`
        <p class="answer-strip__words" aria-hidden="true">
          <b class="num">${short(score.value)}</b> ${tOr(`answer.${model.id}.scale`, '')}
          ${best && html`<span class="answer-strip__likely">${t('answer.likely')} <b class="num">${best.value}</b></span>`}
        </p>`}
      ${children && html`<div class="answer-strip__end">${children}</div>`}
    </div>`;
}

/** The answer in a sentence, for those who hear it. @param {Model} model @param {Record<string, any>} prediction */
export function inWords(model, prediction) {
  const score = outputOf(model, prediction, 'number');
  const best = outputOf(model, prediction, 'class');
  const shares = outputOf(model, prediction, 'probabilities');
  if (!score) return t('answer.is_there');
  const share = best && shares ? percent(shares.value[best.value]) : '';
  return t('answer.words', { score: short(score.value), class: best?.value ?? '', share });
}
