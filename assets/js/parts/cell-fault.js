// @ts-check
// What is wrong with a cell, in words, and what it was probably meant to say.
import { guess, readCell } from '/js/core/cells.js';
import { t, tOr } from '/js/core/i18n.js';
import { figure } from '/js/parts/measurements.js';

/** @typedef {import('/js/core/models.js').Column} Column */

/**
 * @param {{ code: string, message?: string, min?: number, max?: number }} fault @param {Column | undefined} column
 */
export function faultInWords(fault, column) {
  const min = fault.min ?? column?.allowed.min;
  const max = fault.max ?? column?.allowed.max;
  const range = min === undefined || max === undefined ? { min: '', max: '' } : { min: figure(min), max: figure(max) };
  return tOr(`fault.${fault.code}`, '') ? t(`fault.${fault.code}`, range) : fault.message ?? fault.code;
}

/**
 * A question with a value that would be right; nothing if one cannot tell.
 * @param {string | null} text @param {Column | undefined} column @returns {{ value: string, question: string } | null}
 */
export function guessInWords(text, column) {
  const value = text && column ? guess(text, column) : null;
  if (!value || !column) return null;
  const moved = readCell(String(text), column.allowed).fault === 'out_of_range';
  return { value, question: t(moved ? 'fault.point' : 'fault.guess', { value }) };
}
