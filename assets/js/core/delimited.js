// @ts-check
// Tables as text, read piece by piece: what parts the cells is found out from the first lines, quotes are heeded, and each
// record knows the line on which it began. The rules are the server's.

import { readCell } from '/js/core/cells.js';

/** @typedef {{ line: number, cells: string[] }} Record */

/** No cell is that long: what stands behind a quote that never closes is not gathered any further. */
const CELL_LETTERS_MAX = 1_000_000;
const DELIMITERS = [',', ';', '\t', '|'];

/** How often a sign stands outside quotes. @param {string} line @param {string} wanted */
function countOutside(line, wanted) {
  let quoted = false;
  let n = 0;
  for (const letter of line) {
    if (letter === '"') quoted = !quoted;
    else if (letter === wanted && !quoted) n++;
  }
  return n;
}

/**
 * What parts the cells: what makes nothing but numbers of lines that may have any length, or is there equally often on the
 * first two lines, and makes as many cells as the model takes, or numbers.
 * @param {string} head @param {{ nColumns: number, takesAny: boolean }} model
 */
export function delimiterOf(head, { nColumns, takesAny }) {
  const [first = '', second = first] = head.split(/[\r\n]/).filter((line) => line.trim());
  /** @param {string} delimiter */
  const score = (delimiter) => {
    const [a, b] = [countOutside(first, delimiter), countOutside(second, delimiter)];
    const even = a === b && a > 0;
    const isNumber = (/** @type {string} */ cell) => readCell(cell, null, { comma: delimiter !== ',' }).number !== undefined;
    const ofNumbers = (/** @type {string} */ line) => line.split(delimiter).every(isNumber);
    const numeric = (even || (takesAny && a + b > 0)) && ofNumbers(second);
    const sure = takesAny && numeric && ofNumbers(first);
    // A row of one number with a decimal comma has none of what parts the names above it.
    return [Number(sure), Number(even), Number(even && !takesAny && a + 1 === nColumns), Number(numeric), Number(a > 0), Math.min(a, b)];
  };
  /** @param {number[]} one @param {number[]} other */
  const isBetter = (one, other) => {
    const at = one.findIndex((value, place) => value !== other[place]);
    return at >= 0 && one[at] > other[at];
  };
  return DELIMITERS.reduce((best, delimiter) => (isBetter(score(delimiter), score(best)) ? delimiter : best));
}

/** Reads text as it comes. */
export class Delimited {
  /** @param {string} delimiter */
  constructor(delimiter) {
    this.delimiter = delimiter;
    this.line = 1;
    this.begun = 1;
    this.cell = '';
    /** @type {string[]} */
    this.cells = [];
    this.quoted = false;
    // The line on which the last quote was opened.
    this.opened = 1;
    // A quote was just closed: another one right behind it is a quote in the text.
    this.closed = false;
    this.skipsNewline = false;
  }

  /** The records that this piece completes. @param {string} text @returns {Record[]} */
  read(text) {
    /** @type {Record[]} */
    const records = [];
    for (let at = 0; at < text.length; at++) {
      const letter = text[at];
      if (this.skipsNewline) {
        this.skipsNewline = false;
        if (letter === '\n') continue;
      }
      if (this.quoted) {
        if (letter === '"') {
          this.quoted = false;
          this.closed = true;
        } else {
          if (letter === '\n') this.line++;
          this.cell += letter;
        }
      } else if (letter === '"' && (this.closed || this.cell === '')) {
        if (this.closed) this.cell += '"';
        else this.opened = this.line;
        this.quoted = true;
        this.closed = false;
      } else if (letter === this.delimiter) {
        this.endCell();
      } else if (letter === '\n' || letter === '\r') {
        this.skipsNewline = letter === '\r';
        this.endRecord(records);
        this.line++;
        this.begun = this.line;
      } else {
        this.closed = false;
        // Most cells are a few letters; taking them at once is quicker than one by one.
        let end = at + 1;
        while (end < text.length && text[end] !== this.delimiter && text[end] !== '\n' && text[end] !== '\r' && text[end] !== '"') end++;
        this.cell += text.slice(at, end);
        at = end - 1;
      }
    }
    return records;
  }

  /** The line of a quote that is open although so much came after it that nobody meant it so, or that the text has ended. @param {boolean} [ended] */
  unclosed(ended = false) {
    return this.quoted && (ended || this.cell.length > CELL_LETTERS_MAX) ? this.opened : null;
  }

  /** What is left when the text has ended. @returns {Record[]} */
  end() {
    /** @type {Record[]} */
    const records = [];
    this.endRecord(records);
    return records;
  }

  endCell() {
    this.cells.push(this.cell);
    this.cell = '';
    this.closed = false;
  }

  /** @param {Record[]} records */
  endRecord(records) {
    const isEmpty = this.cells.length === 0 && this.cell === '' && !this.closed;
    this.endCell();
    if (!isEmpty) records.push({ line: this.begun, cells: this.cells });
    this.cells = [];
  }
}
