// @ts-check
// Words in the reader's language. One dictionary is loaded; every dictionary has the same keys.
import { recall, remember, store } from '/js/core/state.js';

/** Each language under its own name. @type {Record<string, string>} */
export const LANGUAGES = { en: 'English', es: 'Español', ru: 'Русский' };

/** @typedef {Record<string, string | Record<string, string>>} Words */

export const language = store(preferred());

/** @type {Words} */
let words = {};
let plural = new Intl.PluralRules('en');

/** The language to begin with: the remembered one, or the first of the browser's that we speak. */
function preferred() {
  const wanted = [recall('language'), ...navigator.languages].map((name) => (name ?? '').slice(0, 2));
  return wanted.find((name) => name in LANGUAGES) ?? 'en';
}

/** Loads the dictionary of a language, then switches to it. @param {string} code */
export async function speak(code) {
  words = (await import(`/js/words/${code}.js`)).default;
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = code;
  language.set(code);
}

/** Switches the language because the reader asked. @param {string} code */
export async function setLanguage(code) {
  await speak(code);
  remember('language', code);
}

/** Writes the choice down again after the storage of this place was cleared. */
export function keepLanguage() {
  if (language.get() !== (navigator.languages[0] ?? '').slice(0, 2)) remember('language', language.get());
}

/**
 * The words for a key, with `{name}` replaced by its value. Words that depend on a number hold one form per plural
 * category and choose by `n`.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const entry = words[key];
  if (entry === undefined) return key;
  const text = typeof entry === 'string' ? entry : (entry[plural.select(Number(values.n))] ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The words for a key, or `other` when the dictionary does not know it (what a newer server says).
 * @param {string} key @param {string} other */
export function tOr(key, other) {
  return key in words ? t(key) : other;
}
