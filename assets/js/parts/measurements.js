// @ts-check
// A row of a model as a form made from its columns.
import { readCell, unusual, written } from '/js/core/cells.js';
import { measure } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { niceStep } from '/js/core/scale.js';
import { html } from '/js/core/view.js';
import { SliderField } from '/js/parts/slider.js';

/** @typedef {import('/js/core/models.js').Column} Column */

const STEPS = 250;
/** How far the line goes on beyond what the model has seen. */
const BEYOND = 0.08;

/** What people call a column. @param {string} name */
export function columnTitle(name) {
  // The name of a column that was sent without one.
  const unnamed = name.match(/^column (\d+)$/);
  if (unnamed) return t('column.unnamed', { n: unnamed[1] });
  return tOr(`column.${name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`, name.charAt(0).toUpperCase() + name.slice(1));
}

/** @param {string | null} unit */
export function unitTitle(unit) {
  return unit && tOr(`unit.${unit.replace(/[^a-z]+/gi, '')}`, unit);
}

/** A number of a column as people read it. @param {number} value */
export function figure(value) {
  return measure(value, 6);
}

/** A number of a column with its unit. @param {number} value @param {{ unit?: string | null } | undefined} column */
export function quantity(value, column) {
  // A unit stays with its number.
  return column?.unit ? `${figure(value)}\u00a0${unitTitle(column.unit)}` : figure(value);
}

/** The head of a column in a table of rows: what it is called, and the unit of all that stands below. @param {Column} column */
export function columnHead({ name, unit }) {
  return html`${columnTitle(name)}${unit && html` <span class="table__unit">${unitTitle(unit)}</span>`}`;
}

/** A range as people read it, below a field that tells the unit. @param {import('/js/core/models.js').Range} range */
export function seen(range) {
  return t('cell.seen', { min: figure(range.min), max: figure(range.max) });
}

/** The line of a column: a round step, and round ends around what the model has seen. @param {Column} column */
function lineOf({ trained, allowed }) {
  const span = trained.max - trained.min;
  const step = niceStep(span, STEPS);
  const down = (/** @type {number} */ value) => Number((Math.floor(value / step) * step).toPrecision(12));
  return {
    step,
    range: { min: Math.max(allowed.min, down(trained.min - BEYOND * span)), max: Math.min(allowed.max, down(trained.max + BEYOND * span) + step) },
  };
}

/** What is wrong with a typed value, in words; `undefined` if nothing is. @param {string} text @param {Column} column */
export function complaint(text, column) {
  const { fault } = readCell(text, column.allowed);
  return fault && t(`fault.${fault}`, { min: figure(column.allowed.min), max: figure(column.allowed.max) });
}

/** @param {string} text @param {Column} column */
function warning(text, column) {
  const { number } = readCell(text, column.allowed);
  const side = number === undefined ? null : unusual(number, column);
  return side ? `${t(`cell.unusual_${side}`)}; ${seen(column.trained)}` : undefined;
}

/**
 * @param {{ columns: Column[], values: Record<string, string>, onInput: (name: string, value: string) => void }} props
 */
export function Measurements({ columns, values, onInput }) {
  return html`
    <div class="measurements">
      ${columns.map((column) => {
        const value = values[column.name] ?? '';
        return html`
          <${SliderField} key=${column.name} label=${columnTitle(column.name)} name=${column.name} unit=${unitTitle(column.unit)} value=${value}
            ...${lineOf(column)} marked=${column.trained} hint=${seen(column.trained)} warning=${warning(value, column)}
            error=${complaint(value, column)} onInput=${(/** @type {string} */ text) => onInput(column.name, text)} />`;
      })}
    </div>`;
}

/** A row as a record of typed texts. @param {Column[]} columns @param {number[]} row @returns {Record<string, string>} */
export function typed(columns, row) {
  return Object.fromEntries(columns.map(({ name }, place) => [name, written(row[place])]));
}

/** A typed row as numbers; `null` while one of them is none. @param {Column[]} columns @param {Record<string, string>} values */
export function numbers(columns, values) {
  const cells = columns.map((column) => readCell(values[column.name] ?? '', column.allowed).number);
  return cells.some((cell) => cell === undefined) ? null : /** @type {number[]} */ (cells);
}
