// @ts-check
// Words in the reader's language. A dictionary is a file of one noun (`/js/words/en/ml_task.js`) and is loaded with the
// first screen that names it; every language has the same files with the same keys.
import { recall, remember, store } from '/js/core/state.js';

/** Each language under its own name. @type {Record<string, string>} */
export const LANGUAGES = { en: 'English', es: 'Español', ru: 'Русский' };

/** @typedef {Record<string, string | Record<string, string>>} Words */

export const language = store(preferred());

/** Everything that is loaded of the present language. @type {Words} */
let words = {};
/** @type {Set<string>} */
let loaded = new Set();
let plural = new Intl.PluralRules('en');

/** The language to begin with: the remembered one, or the first of the browser's that we speak. */
function preferred() {
  const wanted = [recall('language'), ...navigator.languages].map((name) => (name ?? '').slice(0, 2));
  return wanted.find((name) => name in LANGUAGES) ?? 'en';
}

/**
 * The same words with spaces at which no line may end: Russian leaves no preposition or conjunction behind, and begins no
 * line with a dash.
 * @param {Words[string]} entry @returns {Words[string]}
 */
function bound(entry) {
  if (typeof entry !== 'string') return Object.fromEntries(Object.entries(entry).map(([form, text]) => [form, String(bound(text))]));
  return entry.replace(/(?<![\p{L}\p{N}])(\p{Script=Cyrillic}{1,2}) /gu, '$1\u00a0').replaceAll(' —', '\u00a0—');
}

/** @param {string} code @param {string[]} names @returns {Promise<Words>} */
async function fetchWords(code, names) {
  const modules = await Promise.all(names.map((name) => import(`/js/words/${code}/${name}.js`)));
  const found = Object.assign({}, ...modules.map((module) => module.default));
  return code === 'ru' ? Object.fromEntries(Object.entries(found).map(([key, entry]) => [key, bound(entry)])) : found;
}

/** Loads the dictionaries that a screen needs and that are not there yet. @param {string[]} names */
export async function needWords(names) {
  const code = language.get();
  const missing = names.filter((name) => !loaded.has(name));
  if (!missing.length) return;
  const more = await fetchWords(code, missing);
  // The language may have been switched meanwhile; then these words would be of the wrong one.
  if (code !== language.get()) return needWords(names);
  Object.assign(words, more);
  for (const name of missing) loaded.add(name);
}

/** Which wish for a language was the last. */
let wish = 0;

/**
 * Loads what is needed of a language, then switches to it, unless another one was wished for meanwhile.
 * @param {string} code @param {string[]} [names] @returns {Promise<boolean>} whether it is spoken now
 */
export async function speak(code, names = []) {
  const mine = ++wish;
  /** @type {Words} */
  const next = {};
  /** @type {Set<string>} */
  const has = new Set();
  // A screen that is being opened may need more words while these are on their way.
  for (;;) {
    const missing = [...new Set([...loaded, ...names])].filter((name) => !has.has(name));
    if (!missing.length) break;
    Object.assign(next, await fetchWords(code, missing));
    if (mine !== wish) return false;
    for (const name of missing) has.add(name);
  }
  words = next;
  loaded = has;
  plural = new Intl.PluralRules(code);
  document.documentElement.lang = code;
  language.set(code);
  return true;
}

/** Switches the language because the reader asked. @param {string} code */
export async function setLanguage(code) {
  if (await speak(code)) remember('language', code);
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

/**
 * The words for a key, or `other` when the dictionary does not know it (what a newer server says).
 * @param {string} key @param {string} other @param {Record<string, string | number>} [values]
 */
export function tOr(key, other, values) {
  return key in words ? t(key, values) : other;
}
