// @ts-check
// Rows that were rejected, to be mended in place and sent again. They become a task of their own; what they cost stands on
// the button.
import { useAction } from '/js/core/action.js';
import { renewBalance } from '/js/core/balance.js';
import { placesOf, readCell, written } from '/js/core/cells.js';
import { credits, number } from '/js/core/format.js';
import { useGuard } from '/js/core/guard.js';
import { t } from '/js/core/i18n.js';
import { fileNames, sentAgain } from '/js/core/notes.js';
import { once } from '/js/core/once.js';
import { usePages } from '/js/core/pages.js';
import { createTask, listResults } from '/js/core/tasks.js';
import { useTyped } from '/js/core/typed.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { faultInWords, guessInWords } from '/js/parts/cell-fault.js';
import { columnHead, columnTitle } from '/js/parts/measurements.js';
import { Failure, Notice, Problem } from '/js/parts/notice.js';
import { Pager, Table } from '/js/parts/table.js';

/** @typedef {import('/js/core/tasks.js').Fault} Fault */
/** @typedef {import('/js/core/tasks.js').ResultRow & { id: string }} Row */
/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {import('/js/core/models.js').Column} Column */

/** Of what was typed: by row, then by column. @typedef {Record<string, Record<string, string>>} Edits */

/** A column that can be mended, and where it stands in the rows. @typedef {{ column: Column, place: number }} Placed */

/** The columns of the rows that the model knows; one that takes any numbers knows them all. @param {Model} model @param {string[]} names @returns {Placed[]} */
function placed(model, names) {
  if (model.takes_any_numbers) return names.map((name, place) => ({ column: /** @type {any} */ ({ name, allowed: null }), place }));
  const places = placesOf(model.inputs, names);
  return model.inputs.map((column, at) => ({ column, place: places[at] }));
}

/** What stands in a cell by now. @param {Row} row @param {Record<string, string>} typed @param {Placed} placed */
function textOf(row, typed, { column, place }) {
  return typed[column.name] ?? written(row.cells[place] ?? '');
}

/** A row's numbers with what was typed into it; `null` while one of them is not right.
 * @param {Row} row @param {Record<string, string>} typed @param {Placed[]} columns */
function mended(row, typed, columns) {
  const texts = columns.map((one) => textOf(row, typed, one));
  // Rows of any numbers may be shorter than the longest of them.
  while (texts.length > 1 && texts.at(-1) === '' && columns[0].column.allowed === null) texts.pop();
  const cells = texts.map((text, at) => readCell(text, columns[at].column.allowed).number);
  return cells.some((cell) => cell === undefined) ? null : /** @type {number[]} */ (cells);
}

/** @param {{ row: Row, fault: Fault, at: Placed | undefined, typed: Record<string, string>, isFirst: boolean, isDone: boolean, onType: (field: string, text: string) => void }} props */
function FaultRow({ row, fault, at, typed, isFirst, isDone, onType }) {
  const column = at?.column;
  const text = at ? textOf(row, typed, at) : '';
  const wrong = column && readCell(text, column.allowed).fault;
  const hint = guessInWords(text, column);
  return html`
    <tr class=${isDone ? 'mend mend--done' : 'mend'}>
      <td class="table__right"><span class=${isFirst ? undefined : 'unseen'}><span class="remark__row">${t('results.row')} </span>${number(row.row)}</span></td>
      <td>${column ? columnHead(column) : t('results.whole_row')}</td>
      <td class="table__wide">
        ${column && !isDone
          ? html`<input class=${wrong ? 'mend__input mend__input--bad' : 'mend__input'} value=${text} placeholder=${t('results.empty')} inputmode="decimal" autocomplete="off"
              spellcheck=${false} aria-label=${t('results.mend_label', { row: number(row.row), column: columnTitle(column.name) })} aria-invalid=${wrong ? 'true' : undefined}
              onInput=${(/** @type {any} */ event) => onType(fault.field, event.target.value)} />`
          : html`<span class=${column ? 'num' : 'cell-bad'}>${column ? text : row.cells.join(' ').slice(0, 40)}</span>`}
      </td>
      <td class="table__wide">
        ${isDone ? html`<span class="good-words">${t('results.sent_again')}</span>`
          : !column ? html`${faultInWords(fault, column)}; ${t('results.mend_file')}`
          : wrong ? html`${faultInWords({ code: wrong }, column)}${hint && html`;
            ${' '}<button class="link link--button" type="button" onClick=${() => onType(fault.field, hint.value)}>${hint.question}</button>`}`
          : html`<span class="good-words">${t('results.is_right')}</span>`}
      </td>
      <td class="table__right faint table__far">${fault.line === null ? '' : number(fault.line)}</td>
    </tr>`;
}

/** @param {{ task: import('/js/core/tasks.js').Task, model: Model, limit: number }} props */
export function Rejected({ task, model, limit }) {
  const [edits, setEdits] = useTyped(`rejected ${task.id}`, /** @type {Edits} */ ({}));
  const [done, setDone] = useState(() => new Set(sentAgain.find(task.id)));
  const [names, setNames] = useState(/** @type {string[]} */ ([]));
  const [sent, setSent] = useState(/** @type {any} */ (null));
  const pages = usePages(async (cursor) => {
    const page = await listResults(task.id, { limit, cursor, only: 'rejected' });
    setNames(page.columns);
    return { items: page.items.map((item) => ({ ...item, id: String(item.row) })), next_cursor: page.next_cursor };
  }, [task.id]);
  const columns = placed(model, names);
  const rows = /** @type {Row[]} */ (pages.items ?? []);
  // A decimal comma that the server refused is right as it is read here, without an edit. A row that is wrong as a whole is
  // mended in the file.
  const ready = rows.flatMap((row) => {
    const isMendable = row.errors.every(({ field }) => columns.some(({ column }) => column.name === field));
    const cells = isMendable && !done.has(row.id) ? mended(row, edits[row.id] ?? {}, columns) : null;
    return cells ? [{ id: row.id, cells }] : [];
  });
  const { run, busy, error, isUnderWay } = useAction(async () => {
    setSent(null);
    const data = ready.map(({ cells }) => cells);
    const body = model.takes_any_numbers ? { data } : { columns: model.inputs.map(({ name }) => name), data };
    const wish = `${task.id} ${JSON.stringify(body)}`;
    const made = await once(wish, (key) => createTask({ model: model.id, body, key }));
    const name = fileNames.find(task.id);
    if (name) fileNames.keep(made.id, t('results.mended_name', { name }));
    const next = new Set([...done, ...ready.map(({ id }) => id)]);
    sentAgain.keep(task.id, [...next]);
    setDone(next);
    setSent(made);
    renewBalance().catch(() => {});
  });
  useGuard(() => Object.keys(edits).some((id) => !done.has(id)) && !isUnderWay.current);
  if (pages.error && !pages.items) return html`<${Failure} error=${pages.error} retry=${pages.reload} />`;
  if (!pages.items) {
    return html`<${Table} label=${t('results.title')} rows=${null} n=${Math.min(task.n_rejected, limit)} columns=${[{ key: 'row', label: t('results.row'), ch: 4, cell: () => null }]} />`;
  }
  const price = model.price_per_row * ready.length;
  return html`
    <div class="mend__head">
      <p class="quiet">${t('results.mend_text')}</p>
      <${Button} kind="main" busy=${busy} off=${!ready.length} onClick=${() => run()}>
        ${ready.length ? t('results.send', { n: ready.length, count: number(ready.length), credits: credits(price) }) : t('results.send_none')}
      <//>
    </div>
    ${error && html`<div class="mend__notice"><${Problem} error=${error} /></div>`}
    ${sent && html`
      <div class="mend__notice"><${Notice} kind="good">
        ${t('results.sent', { n: sent.n_rows, count: number(sent.n_rows) })} <a class="link" href=${`/tasks/${sent.id}`}>${t('results.sent_link')}</a>
      <//></div>`}
    <table class="table" aria-label=${t('results.title')}>
      <thead><tr>
        <th scope="col" class="table__right">${t('results.row')}</th><th scope="col">${t('results.column')}</th>
        <th scope="col">${t('results.you_sent')}</th><th scope="col">${t('results.wrong')}</th>
        <th scope="col" class="table__right">${t('results.line')}</th>
      </tr></thead>
      <tbody>
        ${rows.flatMap((row) => row.errors.map((fault, at) => html`
          <${FaultRow} key=${`${row.id}-${fault.field}`} row=${row} fault=${fault} at=${columns.find(({ column }) => column.name === fault.field)} typed=${edits[row.id] ?? {}} isFirst=${at === 0}
            isDone=${done.has(row.id)}
            onType=${(/** @type {string} */ field, /** @type {string} */ text) => setEdits((old) => ({ ...old, [row.id]: { ...old[row.id], [field]: text } }))} />`))}
      </tbody>
    </table>
    <${Pager} pages=${pages} />`;
}
