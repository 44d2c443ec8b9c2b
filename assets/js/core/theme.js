// @ts-check
// Light or dark: the system decides unless the reader did.
import { recall, remember, store } from '/js/core/state.js';

/** @typedef {'system' | 'light' | 'dark'} Theme */

/** @type {Theme[]} */
export const THEMES = ['system', 'light', 'dark'];

/** @type {import('/js/core/state.js').Store<Theme>} */
export const theme = store(THEMES.find((name) => name === recall('theme')) ?? 'system');

/** @param {Theme} name */
export function setTheme(name) {
  theme.set(name);
  keepTheme();
}

/** Writes the choice down again: signing out clears the storage of this place, and a theme is no secret. */
export function keepTheme() {
  const name = theme.get();
  remember('theme', name === 'system' ? null : name);
  if (name === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

/** Whether the page is dark at this moment. */
export function isDark() {
  const name = theme.get();
  return name === 'dark' || (name === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

keepTheme();
