// @ts-check
// The wine model to try, without an account: three bottles, sliders, and an answer that follows them.
import { announce } from '/js/core/a11y.js';
import { computing } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { findModel } from '/js/core/models.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useEffect, useRef, useState } from '/js/core/view.js';
import { tryModel } from '/js/home/api.js';
import { Answer, AnswerStrip, inWords } from '/js/parts/answer.js';
import { Button } from '/js/parts/button.js';
import { Measurements, numbers, typed } from '/js/parts/measurements.js';
import { Failure, Notice, Problem } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const MODEL = 'wine';
const WAIT_MS = 180;
const RETRY_S = 2;
/** What says most about a wine, and so comes first. */
const TELLING = ['alcohol', 'volatile acidity', 'sulphates', 'total sulfur dioxide', 'chlorides', 'density'];

/** The answer to a row, asked for once the hand rests. @param {Model} model @param {number[] | null} row */
function useAnswer(model, row) {
  const [state, setState] = useState(/** @type {{ of: string, answer: any, error: any }} */ ({ of: '', answer: null, error: null }));
  const turn = useRef(0);
  const asked = row && JSON.stringify(row);
  const ask = async () => {
    const mine = ++turn.current;
    try {
      const answer = await tryModel(model.id, /** @type {number[]} */ (row));
      if (mine !== turn.current) return;
      setState({ of: String(asked), answer: { ...answer, row }, error: null });
      // The first answer came unasked.
      if (mine > 1) announce(inWords(model, answer.output));
    } catch (error) {
      if (mine === turn.current) setState((old) => ({ ...old, error }));
    }
  };
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(ask, state.answer ? WAIT_MS : 0);
    return () => clearTimeout(timer);
  }, [asked]);
  return { ...state, isOld: state.of !== asked, ask };
}

/** @param {{ model: Model }} props */
function Try({ model }) {
  const [values, setValues] = useState(() => typed(model.inputs, model.samples[0]?.row ?? model.inputs.map(({ example }) => example)));
  const [all, setAll] = useState(false);
  const row = numbers(model.inputs, values);
  const { answer, error, isOld, ask } = useAnswer(model, row);
  const telling = TELLING.flatMap((name) => model.inputs.find((column) => column.name === name) ?? []);
  const rest = model.inputs.filter((column) => !telling.includes(column));
  const is = (/** @type {number[]} */ sample) => JSON.stringify(sample) === JSON.stringify(row);
  return html`
    <div class="demo__head">
      <h2>${t('demo.title')}</h2>
      <div class="chips" role="group" aria-label=${t('demo.bottles')}>
        ${model.samples.map((sample) => html`
          <button class="chip" key=${sample.name} type="button" aria-pressed=${is(sample.row) ? 'true' : 'false'}
            onClick=${() => setValues(typed(model.inputs, sample.row))}>${tOr(`sample.${sample.name}`, sample.title)}</button>`)}
      </div>
    </div>
    <div class="demo__form">
      <${Measurements} columns=${all ? [...telling, ...rest] : telling} values=${values}
        onInput=${(/** @type {string} */ name, /** @type {string} */ value) => setValues((old) => ({ ...old, [name]: value }))} />
      <div class="demo__more">
        <${Button} kind="small" aria-expanded=${all ? 'true' : 'false'} onClick=${() => setAll(!all)}>
          ${t(all ? 'demo.fewer' : 'demo.all', { n: model.inputs.length })}
        <//>
      </div>
    </div>
    <section class="demo__answer" aria-label=${t('demo.answer')} aria-busy=${isOld ? 'true' : undefined}>
      <h3>${t('demo.answer')}</h3>
      ${error && (error.status === 429
        ? html`<${Notice} kind="warn">${t('demo.enough')} <a class="link" href="/sign-up">${t('title.sign_up')}</a><//>`
        : html`<${Problem} error=${error} /><${Button} kind="small" onClick=${ask}>${t('failure.retry')}<//>`)}
      ${answer && html`
        <div class=${isOld ? 'answer--old' : undefined}><${Answer} model=${model} prediction=${answer.output} /></div>
        <p class="answer__foot num"><span>${t('demo.free')}</span><span>${computing(answer.compute_ms)}</span></p>`}
      ${!answer && !error && html`<${SkeletonBlock} />`}
    </section>
    ${answer && html`<${AnswerStrip} model=${model} prediction=${answer.output} isOld=${isOld} />`}`;
}

export function Demo() {
  const { data, error, reload } = useLoad(() => findModel(MODEL));
  const waits = data?.status === 'training';
  useEvery(RETRY_S, () => { if (waits) reload(); });
  return html`
    <section class="card card--float demo" aria-label=${t('demo.title')}>
      ${data?.status === 'ready' ? html`<${Try} model=${data} />`
        : data ? html`<div class="demo__wait"><${Notice} kind=${waits ? 'info' : 'bad'}>${t(waits ? 'demo.training' : 'demo.failed')}<//></div>`
        : error ? html`<div class="demo__wait"><${Failure} error=${error} retry=${reload} /></div>`
        : html`<div class="demo__form demo__form--waits"><${SkeletonBlock} /></div><div class="demo__answer"><${SkeletonBlock} /></div>`}
    </section>`;
}
