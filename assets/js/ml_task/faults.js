// @ts-check
// What is wrong with a row, and what is unusual about it, in the reader's words.
import { t, tOr } from '/js/core/i18n.js';
import { columnTitle, figure } from '/js/parts/measurements.js';

/** @param {import('/js/core/tasks.js').Fault} fault */
export function faultText({ code, message, min, max }) {
  if (code !== 'out_of_range') return tOr(`fault.${code}`, message);
  // What was rejected long ago says its bounds in its sentence alone.
  return min === undefined || max === undefined ? message : t('fault.out_of_range', { min: figure(min), max: figure(max) });
}

/** @param {{ field: string, message: string }} note */
export function noteText({ field, message }) {
  const found = message.match(/^is (\S+), beyond the (\S+) to (\S+) /);
  const [value, min, max] = (found ?? []).slice(1).map((number) => figure(Number(number)));
  const text = found ? t('rows.beyond', { value, min, max }) : message;
  return `${columnTitle(field)}: ${text}`;
}
