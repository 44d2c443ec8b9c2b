// @ts-check
// Whole credits as people type them.
import { decimalMark } from '/js/core/format.js';

/**
 * The number, or NaN. Thousands may be parted as the reader's language or a space parts them; a decimal sign is never
 * taken for that, for it would make a hundred of one.
 * @param {string} typed
 */
export function amountOf(typed) {
  const plain = typed.trim().replace('\u2212', '-');
  const marks = [' ', '\u00a0', '\u202f', "'", '\u2019', '.', ','].filter((mark) => mark !== decimalMark());
  const mark = marks.find((one) => plain.includes(one));
  if (mark === undefined) return /^[+-]?\d{1,15}$/.test(plain) ? Number(plain) : NaN;
  const [first, ...groups] = plain.split(mark);
  const isRight = /^[+-]?\d{1,3}$/.test(first) && groups.every((group) => /^\d{3}$/.test(group)) && groups.length < 5;
  return isRight ? Number(first + groups.join('')) : NaN;
}
