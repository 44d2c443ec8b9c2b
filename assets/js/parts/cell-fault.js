// @ts-check
// What is wrong with a cell or unusual about it, in words, and what it was probably meant to say. The server's own sentences
// are English, so its codes and figures are told instead.
import { guess, readCell, written } from '/js/core/cells.js';
import { t, tOr } from '/js/core/i18n.js';
import { columnTitle, figure, quantity } from '/js/parts/measurements.js';

/** @typedef {{ name: string, unit?: string | null, allowed: import('/js/core/models.js').Range | null }} Place a column, as far as cells are concerned */

/** @param {{ code: string, min?: number, max?: number }} fault @param {Place | undefined} column */
export function faultInWords(fault, column) {
  // What was rejected long ago says its bounds in its sentence alone.
  const min = fault.min ?? column?.allowed?.min;
  const max = fault.max ?? column?.allowed?.max;
  const isKnown = tOr(`fault.${fault.code}`, '') && (fault.code !== 'out_of_range' || (min !== undefined && max !== undefined));
  return isKnown ? t(`fault.${fault.code}`, { min: figure(min ?? 0), max: quantity(max ?? 0, column) }) : t('fault.invalid');
}

/** @param {import('/js/core/tasks.js').Note} note @param {Place | undefined} column */
export function noteInWords({ field, value, min, max }, column) {
  return `${columnTitle(field)}: ${t('results.beyond', { value: quantity(value, column), min: figure(min), max: quantity(max, column) })}`;
}

/**
 * A question with a value that would be right; nothing if one cannot tell.
 * @param {string | null} text @param {import('/js/core/models.js').Column | undefined} column @returns {{ value: string, question: string } | null}
 */
export function guessInWords(text, column) {
  const meant = text && column ? guess(text, column) : null;
  if (!meant || !column) return null;
  const value = written(meant);
  const moved = readCell(String(text), column.allowed).fault === 'out_of_range';
  return { value, question: t(moved ? 'fault.point' : 'fault.guess', { value }) };
}
