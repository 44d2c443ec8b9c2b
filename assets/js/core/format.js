// @ts-check
// Numbers, sizes and times as the reader's language writes them. Each figure carries its unit.
import { language, t } from '/js/core/i18n.js';

/** The language with the reader's region, where the browser knows it: days and commas differ between regions. */
function locale() {
  return navigator.languages.find((name) => name.slice(0, 2) === language.get()) ?? language.get();
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  return new Intl.NumberFormat(locale(), options).format(value);
}

/** The sign in front of parts of a whole, in the reader's language. */
export function decimalMark() {
  return new Intl.NumberFormat(locale()).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
}

/** An amount of money with its unit: "1,234 credits". @param {number} amount @param {{ signed?: boolean }} [options] */
export function credits(amount, { signed = false } = {}) {
  // A minus is as wide as a plus; the hyphen that stands for it is not.
  const count = number(amount, signed ? { signDisplay: 'exceptZero' } : undefined).replace('-', '−');
  return t('credits', { n: Math.abs(amount), count });
}

/** A number as it is measured: no more digits than mean something. @param {number} value @param {number} [digits] */
export function measure(value, digits = 4) {
  return number(value, { maximumSignificantDigits: digits });
}

/** A share between 0 and 1. @param {number} share */
export function percent(share) {
  return number(share, { style: 'percent', maximumFractionDigits: 0 });
}

/** @param {number} bytes */
export function size(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let step = 0;
  // A size that would be rounded to 1,000 takes the next unit.
  while (bytes >= 999.5 && step < units.length - 1) {
    bytes /= 1000;
    step++;
  }
  const maximumFractionDigits = step === 0 || bytes >= 99.95 ? 0 : 1;
  return number(bytes, { style: 'unit', unit: units[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits });
}

/** A length of time in its two largest units: "3 hr 12 min". @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pieces = [
    ['day', Math.floor(whole / 86400)], ['hour', Math.floor(whole / 3600) % 24],
    ['minute', Math.floor(whole / 60) % 60], ['second', whole % 60],
  ];
  const first = pieces.findIndex(([, count]) => Number(count) > 0);
  const shown = first === -1 ? pieces.slice(3) : pieces.slice(first, first + 2);
  return shown
    .filter(([, count], place) => place === 0 || Number(count) > 0)
    .map(([unit, count]) => number(Number(count), { style: 'unit', unit: String(unit), unitDisplay: 'short' }))
    .join(' ');
}

/** How long something took: "0.4 sec", "2 min 3 sec". @param {string} from @param {string} to */
export function took(from, to) {
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
  if (seconds >= 10) return duration(seconds);
  const [value, unit] = seconds < 1 ? [Math.round(seconds * 1000), 'millisecond'] : [seconds, 'second'];
  return number(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 });
}

/** A time that a computer took: "0.9 ms", "1.2 sec". @param {number} ms */
export function computing(ms) {
  const [value, unit] = ms < 1000 ? [ms, 'millisecond'] : [ms / 1000, 'second'];
  return number(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** A unit of time, its seconds, and how many of it are better said in the next. @typedef {[Intl.RelativeTimeFormatUnit, number, number]} Unit */

/** @type {Unit[]} */
const UNITS_BEHIND = [
  ['second', 1, 60], ['minute', 60, 60], ['hour', 3600, 24], ['day', 86400, 30], ['month', 30 * 86400, 12], ['year', 365 * 86400, Infinity],
];
/** @type {Unit[]} */
const UNITS_AHEAD = [['minute', 60, 60], ['hour', 3600, 48], ['day', 86400, Infinity]];

/** A length of time in one unit, chosen once it is rounded: an hour, never 60 minutes. @param {number} seconds @param {Unit[]} units */
function rounded(seconds, units) {
  const counts = units.map(([unit, length_s, limit]) => ({ unit, limit, count: Math.round(seconds / length_s) }));
  return /** @type {typeof counts[0]} */ (counts.find(({ count, limit }) => count < limit));
}

/** "5 minutes ago". @param {string} instant @param {number} [now_ms] */
export function ago(instant, now_ms = Date.now()) {
  // Clocks of two machines differ a little; what has happened is never in the future.
  const seconds = Math.min(0, (Date.parse(instant) - now_ms) / 1000);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  if (seconds > -5) return relative.format(0, 'second');
  const { count, unit } = rounded(-seconds, UNITS_BEHIND);
  return relative.format(-count, unit);
}

/** "in 5 days". @param {string} instant @param {number} [now_ms] */
export function ahead(instant, now_ms = Date.now()) {
  // What is not over yet has a minute left.
  const seconds = Math.max(60, (Date.parse(instant) - now_ms) / 1000);
  const { count, unit } = rounded(seconds, UNITS_AHEAD);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'always' }).format(count, unit);
}

/** The exact instant in the reader's time zone. @param {string} instant */
export function exact(instant) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(instant));
}

/** The day with its year. @param {string} instant */
export function fullDay(instant) {
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
}

/** The day in few letters, for axes and tables. @param {string} instant */
export function shortDay(instant) {
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(new Date(instant));
}
