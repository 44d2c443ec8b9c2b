// @ts-check
// Many rows at once: a file is looked at here, its price is told, then it is sent and followed.
import { announce } from '/js/core/a11y.js';
import { useFilters } from '/js/core/filters.js';
import { number, size } from '/js/core/format.js';
import { mayLeave, useGuard } from '/js/core/guard.js';
import { t } from '/js/core/i18n.js';
import { fileNames } from '/js/core/notes.js';
import { useLoad } from '/js/core/state.js';
import { findTask, isOpen } from '/js/core/tasks.js';
import { useTyped } from '/js/core/typed.js';
import { Fragment, html, useEffect, useRef, useState } from '/js/core/view.js';
import { Order } from '/js/ml_model/order.js';
import { usePreview } from '/js/ml_model/preview.js';
import { Columns, PreviewTable } from '/js/ml_model/preview-table.js';
import { Under } from '/js/ml_model/under-way.js';
import { Button } from '/js/parts/button.js';
import { Dropzone } from '/js/parts/dropzone.js';
import { columnTitle } from '/js/parts/measurements.js';
import { Failure, Notice } from '/js/parts/notice.js';
import { TaskFigures, Trouble, outcomeText } from '/js/parts/outcome.js';
import { Progress } from '/js/parts/progress.js';
import { Results } from '/js/parts/results.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/core/tasks.js').Task} Task */
/** What is to be predicted; the stamp tells it from others of its name and size. @typedef {{ blob: Blob, name: string, stamp: string }} Chosen */

const ENDINGS = '.csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain';

/** @param {{ model: Model, pasted: string, setPasted: (text: string) => void, onChoose: (chosen: Chosen) => void }} props */
function Choose({ model, pasted, setPasted, onChoose }) {
  const [error, setError] = useState('');
  const [pasting, setPasting] = useState(pasted !== '');
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  // Whoever asks for the field is in it; the button that was pressed is gone. Whoever comes back to it is not.
  const isAsked = useRef(false);
  useEffect(() => { if (isAsked.current) area.current?.focus(); }, [pasting]);
  const ask = () => {
    isAsked.current = true;
    setPasting(true);
  };
  const takeText = (/** @type {string} */ text) => {
    if (!text.trim()) return setError(t('many.nothing_pasted'));
    return onChoose({ blob: new Blob([text], { type: 'text/csv' }), name: t('many.pasted'), stamp: text });
  };
  const takeFile = (/** @type {File} */ file) => {
    if (/\.(xlsx?|ods|numbers|parquet|zip|gz)$/i.test(file.name)) return setError(t('many.not_text', { name: file.name }));
    setError('');
    // A type that the system guessed (Excel's, on Windows) would be refused; what it is, is known here.
    return onChoose({ blob: file.slice(0, file.size, 'text/csv'), name: file.name, stamp: String(file.lastModified) });
  };
  const rows = model.samples.map(({ row }) => row.join(',')).join('\n');
  const example = rows && `${model.inputs.map(({ name }) => name).join(',')}\n${rows}`;
  useGuard(() => pasted.trim() !== '' && pasted !== example);
  return html`
    <div class="page__stack">
      <${Dropzone} title=${t('many.drop')} accept=${ENDINGS} error=${error} onFile=${takeFile} onText=${takeText}
        hint=${t(model.takes_any_numbers ? 'many.drop_any' : 'many.drop_hint', { n: model.inputs.length })} />
      <section class="card" aria-labelledby="paste">
        <div class="card__head">
          <h2 id="paste">${t('many.paste')}</h2>
          <div class="chips">
            ${example && html`
              <${Button} kind="small" onClick=${() => { ask(); setPasted(example); }}>${t('many.example')}<//>`}
            ${!pasting && html`<${Button} kind="small" onClick=${ask}>${t('many.type')}<//>`}
          </div>
        </div>
        ${pasting ? html`
          <form class="form" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); takeText(pasted); }}>
            <textarea class="field__input area" rows="7" ref=${area} aria-label=${t('many.paste')} spellcheck=${false} autocomplete="off" value=${pasted}
              placeholder=${model.inputs.map(({ name }) => name).join(', ') || '1, 2, 3'}
              onInput=${(/** @type {any} */ event) => setPasted(event.target.value)}></textarea>
            <div class="form__actions"><${Button} kind="main" type="submit">${t('many.look')}<//></div>
          </form>`
          : html`<p class="quiet">${model.inputs.length ? t('many.columns', { names: model.inputs.map(({ name }) => columnTitle(name)).join(', ') }) : t('many.drop_any')}</p>`}
      </section>
    </div>`;
}

/** @param {{ model: Model, chosen: Chosen, onDrop: () => void, onSent: (task: any) => void }} props */
function Look({ model, chosen, onDrop, onSent }) {
  const preview = usePreview(model, chosen.blob);
  const sending = useRef(false);
  // What is on its way goes on without this page.
  useGuard(() => !sending.current);
  if (!preview) return null;
  const broken = preview.missing.length > 0 || preview.repeated.length > 0;
  return html`
    <div class="page__stack">
      <section class="card" aria-labelledby="file">
        <div class="card__head">
          <div><h2 id="file" class="file-name">${chosen.name}</h2><p class="quiet num">${size(chosen.blob.size)}${preview.nRows > 0 && `, ${t('many.rows', { n: preview.nRows, count: number(preview.nRows) })}`}</p></div>
          <${Button} kind="small" onClick=${onDrop}>${t('many.other')}<//>
        </div>
        ${preview.error
          ? html`<${Notice} kind="bad">${t(`many.${preview.error}`, { line: number(preview.line ?? 0) })}<//>`
          : html`
            <${Columns} model=${model} preview=${preview} />
            ${!preview.done && html`<${Progress} share=${preview.share} label=${t('many.reading')} />`}`}
      </section>
      ${!preview.error && !broken && preview.done && html`<${Order} model=${model} chosen=${chosen} preview=${preview} sending=${sending} onSent=${onSent} />`}
      ${!preview.error && preview.first.length > 0 && html`<${PreviewTable} model=${model} preview=${preview} />`}
    </div>`;
}

/** A task that this page follows, by its id in the address. @param {{ model: Model, id: string, onNext: () => void }} props */
function Followed({ model, id, onNext }) {
  const { data, error, reload } = useLoad(() => findTask(id), [id]);
  const [ended, setEnded] = useState(/** @type {Task | null} */ (null));
  const task = ended ?? data;
  const name = fileNames.find(id);
  const next = html`<${Button} onClick=${async () => { if (await mayLeave()) onNext(); }}>${t('many.next')}<//>`;
  if (error && !task) return html`<div class="card"><${Failure} error=${error} retry=${reload} /><div class="form__actions form__actions--middle">${next}</div></div>`;
  if (!task) return html`<div class="card"><${SkeletonBlock} /></div>`;
  if (isOpen(task)) return html`<${Under} key=${id} first=${task} name=${name} onEnd=${(/** @type {Task} */ last) => {
    setEnded(last);
    announce(outcomeText(last));
  }} />`;
  return html`
    <div class="page__stack">
      <div class="outcome">
        <div><h2 class="file-name outcome__title">${name ?? t('many.rows', { n: task.n_rows, count: number(task.n_rows) })}</h2><p class="quiet">${outcomeText(task)}</p></div>
        <div class="page__actions"><${Button} href=${`/tasks/${id}`}>${t('many.details')}<//>${next}</div>
      </div>
      <${Trouble} task=${task} />
      <${TaskFigures} task=${task} />
      ${task.status !== 'cancelled' && task.n_rows > 0 && html`<${Results} task=${task} model=${model} />`}
    </div>`;
}

/** @param {{ model: Model }} props */
export function Many({ model }) {
  const [chosen, setChosen] = useTyped('file', /** @type {Chosen | null} */ (null));
  // Whoever looks at what they pasted and comes back to mend it finds it as it was.
  const [pasted, setPasted] = useTyped('pasted', '');
  const [{ task }, set] = useFilters({ task: '', only: '' });
  const follow = (/** @type {any} */ made) => {
    if (chosen) fileNames.keep(made.id, chosen.name);
    set({ task: made.id }, { push: true });
    setChosen(null);
    setPasted('');
  };
  return html`
    <${Fragment}>
      ${task ? html`<${Followed} key=${task} model=${model} id=${task} onNext=${() => set({ task: '', only: '' }, { push: true })} />`
        : chosen ? html`<${Look} model=${model} chosen=${chosen} onDrop=${() => setChosen(null)} onSent=${follow} />`
        : html`<${Choose} model=${model} pasted=${pasted} setPasted=${setPasted} onChoose=${setChosen} />`}
    <//>`;
}
