// @ts-check
// What is wrong with a row, and what is unusual about it, in the reader's words.
import { t, tOr } from '/js/core/i18n.js';
import { columnTitle } from '/js/parts/measurements.js';

/** @param {import('/js/core/tasks.js').Fault} fault */
export function faultText({ code, message }) {
  // The server says the bounds in its sentence alone.
  const bounds = code === 'out_of_range' ? message.match(/from (\S+) to (\S+)/) : null;
  if (bounds) return t('fault.out_of_range', { min: bounds[1], max: bounds[2] });
  return code === 'out_of_range' ? message : tOr(`fault.${code}`, message);
}

/** @param {{ field: string, message: string }} note */
export function noteText({ field, message }) {
  const found = message.match(/^is (\S+), beyond the (\S+) to (\S+) /);
  const text = found ? t('rows.beyond', { value: found[1], min: found[2], max: found[3] }) : message;
  return `${columnTitle(field)}: ${text}`;
}
