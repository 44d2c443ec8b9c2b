// @ts-check
import { html } from '/js/core/view.js';

/** What the server says in its own words, which are English whatever is read here. @param {{ text: string }} props */
export function AsSaid({ text }) {
  return html`<span lang="en">${text}</span>`;
}
