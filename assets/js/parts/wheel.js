// @ts-check
import { html } from '/js/core/view.js';

/** Turns while something is on its way; what it is stands beside it. */
export function Wheel() {
  return html`<span class="wheel" aria-hidden="true"></span>`;
}
