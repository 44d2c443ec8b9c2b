// @ts-check
// A file looked at in the browser, before anything is sent or spent: which columns it has, which rows can be predicted, and
// what is wrong with the others. It is read piece by piece, so that the page stays awake.
import { placesOf, readCell } from '/js/core/cells.js';
import { Delimited, delimiterOf } from '/js/core/delimited.js';
import { useEffect, useState } from '/js/core/view.js';

/** @typedef {import('/js/core/models.js').Model} Model */
/** @typedef {{ field: string, code: string }} Mark */
/** @typedef {{ row: number, line: number, cells: string[], marks: Mark[] }} Row */
/**
 * @typedef {{ names: string[], places: number[], missing: string[], repeated: string[], extra: string[], nRows: number, nBad: number, first: Row[], bad: Row[],
 *   share: number, done: boolean, error: 'empty' | 'unreadable' | 'unclosed' | null, line: number | null, hasHeader: boolean }} Preview
 */

const PIECE_BYTES = 256 * 1024;
const HEAD_LETTERS = 16 * 1024;
const SHOWN = 100;
const COLUMNS_MAX = 4096;

/** @returns {Preview} */
function nothing() {
  return { names: [], places: [], missing: [], repeated: [], extra: [], nRows: 0, nBad: 0, first: [], bad: [], share: 0, done: false, error: null, line: null, hasHeader: true };
}

/** Judges the records of a file as they come. */
class Judge {
  /** @param {Model} model @param {string} delimiter */
  constructor(model, delimiter) {
    this.model = model;
    this.comma = delimiter !== ',';
    this.state = nothing();
    this.begun = false;
  }

  /** @param {import('/js/core/delimited.js').Record} record */
  take(record) {
    if (!this.begun) {
      this.begun = true;
      // Names are no numbers: a first line of nothing but numbers is a row.
      const isRow = record.cells.every((cell) => readCell(cell, null, { comma: this.comma }).number !== undefined);
      this.head(isRow ? null : record.cells.map((cell) => cell.trim()), record.cells.length);
      if (!isRow) return;
    }
    this.row(record);
  }

  /** @param {string[] | null} names @param {number} nCells */
  head(names, nCells) {
    const { inputs, takes_any_numbers: takesAny } = this.model;
    const { state } = this;
    state.hasHeader = names !== null;
    if (takesAny) {
      state.names = names ?? Array.from({ length: nCells }, (_, at) => String(at + 1));
      state.places = state.names.map((_, at) => at);
      return;
    }
    state.names = names ?? inputs.map(({ name }) => name);
    state.places = placesOf(inputs, state.names);
    state.missing = inputs.filter((_, at) => state.places[at] < 0).map(({ name }) => name);
    const used = new Set(state.places);
    state.extra = state.names.filter((_, at) => !used.has(at));
    const again = placesOf(inputs, [...state.names].reverse()).map((place) => (place < 0 ? -1 : state.names.length - 1 - place));
    state.repeated = inputs.filter((_, at) => again[at] !== state.places[at]).map(({ name }) => name);
  }

  /** Rows of any numbers may be longer than the first of them. @param {number} nCells */
  widen(nCells) {
    const { names, places } = this.state;
    while (names.length < nCells && nCells <= COLUMNS_MAX) {
      let name = String(names.length + 1);
      while (names.includes(name)) name += '′';
      places.push(names.push(name) - 1);
    }
  }

  /** @param {import('/js/core/delimited.js').Record} record */
  row({ line, cells }) {
    const { state, model } = this;
    state.nRows++;
    /** @type {Mark[]} */
    const marks = [];
    if (model.takes_any_numbers) this.widen(cells.length);
    if (cells.length > state.names.length || (cells.length < state.names.length && !model.takes_any_numbers)) {
      marks.push({ field: 'row', code: cells.length < state.names.length ? 'too_few_cells' : 'too_many_cells' });
    } else {
      for (const [at, place] of state.places.entries()) {
        if (place < 0 || place >= cells.length) continue;
        const column = model.inputs[at];
        const { fault } = readCell(cells[place], column?.allowed ?? null, { comma: this.comma });
        if (fault) marks.push({ field: column?.name ?? state.names[place], code: fault });
      }
    }
    if (marks.length) state.nBad++;
    const row = { row: state.nRows, line, cells, marks };
    if (state.first.length < SHOWN) state.first.push(row);
    if (marks.length && state.bad.length < SHOWN) state.bad.push(row);
  }
}

/**
 * What reads a file that begins so: where that is not UTF-8 it comes from an older program. The server judges each cell by
 * itself.
 * @param {ArrayBuffer} bytes
 */
function decoderOf(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return new TextDecoder();
  } catch {
    return new TextDecoder('windows-1252');
  }
}

/** Reads the whole file and tells how far it is. @param {Model} model @param {Blob} file @param {AbortSignal} signal @param {(state: Preview) => void} tell */
async function look(model, file, signal, tell) {
  /** @type {TextDecoder | null} */
  let decoder = null;
  /** @type {Delimited | null} */
  let reader = null;
  let judge = new Judge(model, ',');
  for (let begin = 0; begin < file.size && !signal.aborted; begin += PIECE_BYTES) {
    const bytes = await file.slice(begin, begin + PIECE_BYTES).arrayBuffer();
    decoder ??= decoderOf(bytes);
    const text = decoder.decode(bytes, { stream: begin + PIECE_BYTES < file.size });
    if (!reader) {
      if (text.includes('\0')) return tell({ ...judge.state, done: true, error: 'unreadable' });
      const delimiter = delimiterOf(text.slice(0, HEAD_LETTERS), { nColumns: model.inputs.length, takesAny: model.takes_any_numbers });
      reader = new Delimited(delimiter);
      judge = new Judge(model, delimiter);
    }
    for (const record of reader.read(text)) judge.take(record);
    if (reader.unclosed()) break;
    tell({ ...judge.state, share: Math.min(1, (begin + PIECE_BYTES) / file.size) });
    // Let the page draw and answer before the next piece.
    await new Promise((go) => setTimeout(go));
  }
  const line = reader?.unclosed(true) ?? null;
  // The server refuses such a file as a whole: what follows the quote cannot be told into rows.
  if (line !== null && !signal.aborted) return tell({ ...judge.state, share: 1, done: true, error: 'unclosed', line });
  for (const record of reader?.end() ?? []) judge.take(record);
  const error = judge.state.nRows === 0 && judge.state.missing.length === 0 ? 'empty' : null;
  return tell({ ...judge.state, share: 1, done: true, error });
}

/** What is known so far of a file; `null` without one. @param {Model} model @param {Blob | null} file @returns {Preview | null} */
export function usePreview(model, file) {
  const [state, setState] = useState(/** @type {Preview | null} */ (null));
  useEffect(() => {
    if (!file) return setState(null);
    const stop = new AbortController();
    setState(nothing());
    look(model, file, stop.signal, (next) => { if (!stop.signal.aborted) setState(next); })
      // The file may have been changed or taken away while it was read.
      .catch(() => { if (!stop.signal.aborted) setState({ ...nothing(), done: true, error: 'unreadable' }); });
    return () => stop.abort();
  }, [model.id, file]);
  return file ? state : null;
}
