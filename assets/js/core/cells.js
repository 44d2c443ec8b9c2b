// @ts-check
// Cells as people write them: the number in one, or what is wrong with it. The server judges in the end; this says the same
// before anything is sent.
import { decimalMark } from '/js/core/format.js';

/** @typedef {import('/js/core/models.js').Column} Column */
/** @typedef {'missing' | 'not_a_number' | 'not_finite' | 'out_of_range'} CellFault */
/** @typedef {{ number: number, fault?: undefined } | { number?: undefined, fault: CellFault }} Cell */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** What people write where nothing is. */
const NOTHING = ['', 'na', 'n/a', 'null', 'none', '-', '?'];

/**
 * Reads a cell. A comma counts as a decimal point where it does not part cells.
 * @param {string} text @param {import('/js/core/models.js').Range | null} allowed @param {{ comma?: boolean }} [options] @returns {Cell}
 */
export function readCell(text, allowed, { comma = true } = {}) {
  const word = text.trim();
  if (NOTHING.includes(word.toLowerCase())) return { fault: 'missing' };
  if (/^[+-]?(inf(inity)?|nan)$/i.test(word)) return { fault: 'not_finite' };
  const plain = comma && word.split(',').length === 2 ? word.replace(',', '.') : word;
  if (!NUMBER.test(plain)) return { fault: 'not_a_number' };
  const number = Number(plain);
  if (!Number.isFinite(number)) return { fault: 'not_finite' };
  if (allowed && (number < allowed.min || number > allowed.max)) return { fault: 'out_of_range' };
  return { number };
}

/**
 * A number as the reader's language writes it where it can be typed: with every digit, and nothing between the thousands.
 * What is no number stays as it is.
 * @param {string | number} value
 */
export function written(value) {
  const text = String(value);
  return readCell(text, null).number === undefined ? text : text.replace(/[.,]/, decimalMark());
}

/** Whether a number is beyond what the model has seen, and on which side. @param {number} number @param {Column} column */
export function unusual(number, { trained }) {
  return number < trained.min ? 'low' : number > trained.max ? 'high' : null;
}

/** How many digits behind the point a column's values have, as its ranges show. @param {Column} column */
function digitsOf({ trained, example }) {
  const digits = [trained.min, trained.max, example].map((number) => (String(number).split('.')[1] ?? '').length);
  return Math.max(...digits);
}

/**
 * What a bad cell was probably meant to say, if one can tell: a letter in place of a digit, or a decimal point that is not
 * where it should be.
 * @param {string} text @param {Column} column @returns {string | null}
 */
export function guess(text, column) {
  const word = text.trim();
  const digits = word.replace(/[oO]/g, '0').replace(/[lI]/g, '1').replace(/\s/g, '').replace(/[^\d.,+eE-]+$/, '').replace(',', '.');
  const read = readCell(digits, column.allowed, { comma: false });
  if (read.number !== undefined) return digits === word ? null : digits;
  if (read.fault !== 'out_of_range') return null;
  for (const power of [10, 100, 1000, 10_000]) {
    const smaller = Number(digits) / power;
    if (smaller >= column.trained.min && smaller <= column.trained.max) return String(Number(smaller.toFixed(digitsOf(column) + 1)));
  }
  return null;
}

/** A name without what people part words with. @param {string} name */
function letters(name) {
  return name.replace(/[\s_.-]+/g, '').toLowerCase();
}

/**
 * Where the model's columns stand in a table with these names, in the model's order; -1 for one that is not there.
 * @param {Column[]} columns @param {string[]} names
 */
export function placesOf(columns, names) {
  const given = names.map(letters);
  return columns.map(({ name }) => given.indexOf(letters(name)));
}
