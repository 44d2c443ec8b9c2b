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
import { Failure, Notice, Problem, useRetryWhenBack } from '/js/parts/notice.js';
import { Skeleton, SkeletonBlock } from '/js/parts/skeleton.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const MODEL = 'wine';
const WAIT_MS = 180;
const RETRY_S = 2;
/** How long a server that took too many questions is left in peace if it does not say so itself. */
const PEACE_S = 5;
/** What says most about a wine, and so comes first. */
const TELLING = ['alcohol', 'volatile acidity', 'sulphates', 'total sulfur dioxide', 'chlorides', 'density'];

/**
 * The answer to a row, asked for once the hand rests; after too many questions, once the server takes the next.
 * @param {Model} model @param {number[] | null} row
 */
function useAnswer(model, row) {
  const [state, setState] = useState(/** @type {{ of: string, answer: any, error: any }} */ ({ of: '', answer: null, error: null }));
  const [pause, setPause] = useState({ until_ms: 0, left_s: 0 });
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
      if (mine !== turn.current) return;
      setState((old) => ({ ...old, error }));
      const left_s = error.retryAfter_s ?? PEACE_S;
      if (error.status === 429) setPause({ until_ms: Date.now() + left_s * 1000, left_s });
    }
  };
  useEffect(() => {
    if (!asked) return undefined;
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const act = () => {
      const left_ms = pause.until_ms - Date.now();
      if (left_ms <= 0) return ask();
      setPause((old) => ({ ...old, left_s: Math.ceil(left_ms / 1000) }));
      timer = setTimeout(act, Math.min(left_ms, 1000));
    };
    timer = setTimeout(act, state.answer ? WAIT_MS : 0);
    return () => clearTimeout(timer);
  }, [asked, pause.until_ms]);
  return { ...state, left_s: pause.left_s, isOld: state.of !== asked, ask };
}

/** @param {{ model: Model }} props */
function Try({ model }) {
  const [values, setValues] = useState(() => typed(model.inputs, model.samples[0]?.row ?? model.inputs.map(({ example }) => example)));
  const [all, setAll] = useState(false);
  const [score, setScore] = useState(/** @type {HTMLElement | null} */ (null));
  const row = numbers(model.inputs, values);
  const { answer, error, left_s, isOld, ask } = useAnswer(model, row);
  useRetryWhenBack(error, () => { if (row) ask(); });
  const waits = row && error?.status === 429;
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
      ${error && error.status !== 429 && html`<${Problem} error=${error} /><${Button} kind="small" onClick=${ask}>${t('failure.retry')}<//>`}
      ${answer && html`<div class=${isOld ? 'answer--old' : undefined}><${Answer} model=${model} prediction=${answer.output} setScore=${setScore} /></div>`}
      ${waits ? html`<${Notice} kind="warn">${t('demo.enough', { n: left_s })} <a class="link" href="/sign-up">${t('title.sign_up')}</a><//>`
        : answer && html`<p class="answer__foot num"><span>${t('demo.free')}</span><span>${computing(answer.compute_ms)}</span></p>`}
      ${!answer && !error && html`<${SkeletonBlock} />`}
    </section>
    ${answer && html`<${AnswerStrip} model=${model} prediction=${answer.output} isOld=${isOld} instead=${[score]} />`}`;
}

/** The head while the model is on its way: three bottles, as the model of wines has. */
function Coming() {
  return html`
    <div class="demo__head">
      <h2>${t('demo.title')}</h2>
      <div class="chips" aria-hidden="true">${[11, 11, 12].map((ch, at) => html`<span class="chip" key=${at}><${Skeleton} ch=${ch} /></span>`)}</div>
    </div>`;
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
        : html`<${Coming} /><div class="demo__form"><${SkeletonBlock} /></div><div class="demo__answer"><${SkeletonBlock} /></div>`}
    </section>`;
}
