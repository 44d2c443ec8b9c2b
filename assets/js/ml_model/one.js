// @ts-check
// One row: its values, and the answer beside them. Asking costs, so it is asked by a button and not by every move.
import { announce } from '/js/core/a11y.js';
import { useAction } from '/js/core/action.js';
import { balance, renewBalance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { computing, credits } from '/js/core/format.js';
import { onceKey } from '/js/core/http.js';
import { t, tOr } from '/js/core/i18n.js';
import { recall, remember, useStore } from '/js/core/state.js';
import { createTask } from '/js/core/tasks.js';
import { html, useEffect, useRef, useState } from '/js/core/view.js';
import { readCell, written } from '/js/core/cells.js';
import { Answer, AnswerStrip, inWords } from '/js/parts/answer.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Measurements, numbers, typed } from '/js/parts/measurements.js';
import { Notice, Problem } from '/js/parts/notice.js';

/** @typedef {import('/js/core/models.js').Model} Model */

/** What was typed here last, in this browser. @param {Model} model @returns {Record<string, string>} */
function begun(model) {
  const usual = typed(model.inputs, model.samples[0]?.row ?? model.inputs.map(({ example }) => example));
  try {
    const kept = JSON.parse(recall(`row.${model.id}`) ?? '{}');
    return Object.fromEntries(Object.entries(usual).map(([name, value]) => [name, typeof kept[name] === 'string' ? written(kept[name]) : value]));
  } catch {
    return usual;
  }
}

/** Asks a model about a row, once for each time it is wanted. @param {Model} model */
function useAsking(model) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  // Until there is an answer the same row is the same wish: sent again after a lost answer, it is charged once.
  const wish = useRef({ row: '', key: '' });
  const { run: ask, busy, error } = useAction(async (/** @type {number[]} */ row) => {
    const said = JSON.stringify(row);
    if (wish.current.row !== said) wish.current = { row: said, key: onceKey() };
    const begun_ms = performance.now();
    const task = /** @type {import('/js/core/tasks.js').Answered} */ (await createTask({ model: model.id, body: { rows: [row] }, key: wish.current.key }));
    wish.current = { row: '', key: '' };
    const [output] = task.output_data;
    setAnswer({ output, task, row, took_ms: performance.now() - begun_ms });
    announce(inWords(model, output));
    renewBalance().catch(() => {});
  });
  return { answer, busy, error, ask };
}

/**
 * The button that asks, with what it costs; `brief` where there is little room.
 * @param {{ model: Model, row: number[] | null, asking: ReturnType<typeof useAsking>, brief?: boolean }} props
 */
function Ask({ model, row, asking, brief = false }) {
  const held = useStore(balance);
  const price = model.price_per_row ?? 0;
  const lacks = held !== null && held.available < price;
  return html`
    <${Button} kind=${brief ? 'main' : 'main wide'} busy=${asking.busy} off=${!row || lacks} onClick=${() => row && asking.ask(row)}>
      <span>${t(asking.answer && !brief ? 'model.predict_again' : 'model.predict')} · <span class="whole">${price ? credits(price) : t('model.free')}</span></span>
    <//>`;
}

/** The setters are told where the score and the button are. @typedef {{ setScore?: (at: HTMLElement | null) => void, setButton?: (at: HTMLElement | null) => void }} Places */

/** @param {{ model: Model, row: number[] | null, asking: ReturnType<typeof useAsking> } & Places} props */
function Result({ model, row, asking, setScore, setButton }) {
  const { answer, error } = asking;
  const held = useStore(balance);
  const price = model.price_per_row ?? 0;
  const isOld = answer && JSON.stringify(answer.row) !== JSON.stringify(row);
  const short = error?.code === 'out_of_credits' || (held && held.available < price);
  return html`
    <section class="card sticky" aria-labelledby="answer">
      <div class="card__head"><h2 id="answer">${tOr(`model.answer.${model.id}`, t('model.answer'))}</h2></div>
      ${answer
        ? html`
          <div class=${isOld ? 'answer--old' : undefined}><${Answer} model=${model} prediction=${answer.output} setScore=${setScore} /></div>
          <p class="answer__foot num">
            <a class="link" href=${`/tasks/${answer.task.id}`}>${t('model.charged', { credits: credits(answer.task.cost) })}</a>
            <span title=${t('model.round_trip', { time: computing(answer.took_ms) })}>${computing(answer.task.compute_ms ?? 0)}</span>
          </p>`
        : html`<p class="quiet">${t('model.no_answer')}</p>`}
      ${error && !short && html`<div class="gap"><${Problem} error=${error} /></div>`}
      ${short && html`
        <div class="gap"><${Notice} kind="warn">${t('model.short', { credits: credits(price) })}
          ${' '}<button class="link link--button" type="button" onClick=${() => openDialog('top_up')}>${t('top_up.action')}</button><//></div>`}
      <div class="gap">
        <div ref=${setButton}><${Ask} model=${model} row=${row} asking=${asking} /></div>
        ${!row && html`<p class="field__hint gap-s">${t('model.mend_first')}</p>`}
        ${isOld && row && html`<p class="field__hint gap-s">${t('model.old')}</p>`}
      </div>
    </section>`;
}

/** @param {{ model: Model }} props A row of named measurements. */
function Named({ model }) {
  const [values, setValues] = useState(() => begun(model));
  const [score, setScore] = useState(/** @type {HTMLElement | null} */ (null));
  const [button, setButton] = useState(/** @type {HTMLElement | null} */ (null));
  const asking = useAsking(model);
  const row = numbers(model.inputs, values);
  useEffect(() => { remember(`row.${model.id}`, JSON.stringify(values)); }, [values]);
  const said = JSON.stringify(row);
  return html`
    <div class="split">
      <section class="card" aria-labelledby="values">
        <div class="card__head card__head--far">
          <h2 id="values">${t('model.values')}</h2>
          <div class="chips" role="group" aria-label=${t('model.samples')}>
            ${model.samples.map((sample) => html`
              <button class="chip" key=${sample.name} type="button" aria-pressed=${JSON.stringify(sample.row) === said ? 'true' : 'false'}
                onClick=${() => setValues(typed(model.inputs, sample.row))}>${tOr(`sample.${sample.name}`, sample.title)}</button>`)}
          </div>
        </div>
        <form onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); if (row) asking.ask(row); }}>
          <${Measurements} columns=${model.inputs} values=${values}
            onInput=${(/** @type {string} */ name, /** @type {string} */ value) => setValues((old) => ({ ...old, [name]: value }))} />
          <button class="unseen" type="submit" tabindex="-1">${t('model.predict')}</button>
        </form>
      </section>
      <${Result} model=${model} row=${row} asking=${asking} setScore=${setScore} setButton=${setButton} />
      <${AnswerStrip} model=${model} prediction=${asking.answer?.output ?? null} isOld=${JSON.stringify(asking.answer?.row) !== said} instead=${[score, button]}>
        <${Ask} model=${model} row=${row} asking=${asking} brief />
      <//>
    </div>`;
}

/** @param {{ model: Model }} props A row of any numbers. */
function Free({ model }) {
  const [text, setText] = useState(() => `1  ${written(2.5)}  40`);
  const asking = useAsking(model);
  const words = text.trim().split(/[\s;]+/).filter(Boolean);
  const cells = words.map((word) => readCell(word.replace(/,$/, ''), null).number);
  const row = words.length > 0 && cells.every((cell) => cell !== undefined) ? /** @type {number[]} */ (cells) : null;
  return html`
    <div class="split">
      <section class="card" aria-labelledby="values">
        <div class="card__head"><h2 id="values">${t('model.values')}</h2></div>
        <form onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); if (row) asking.ask(row); }}>
          <${Field} label=${t('model.numbers')} name="numbers" value=${text} onInput=${setText} hint=${t('model.numbers_hint')} inputmode="text"
            autocomplete="off" error=${row ? undefined : t('model.numbers_wrong')} />
        </form>
      </section>
      <${Result} model=${model} row=${row} asking=${asking} />
    </div>`;
}

/** @param {{ model: Model }} props */
export function One({ model }) {
  return model.takes_any_numbers ? html`<${Free} model=${model} />` : html`<${Named} model=${model} />`;
}
