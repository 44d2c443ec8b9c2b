// @ts-check
import { html } from '/js/core/view.js';

/** A stand-in for a notice. */
export function SkeletonBlock() {
  return html`<span class="skeleton skeleton--block" aria-hidden="true"></span>`;
}

/** A stand-in for text that is `ch` letters wide. In a heading or a link, `name` is read out meanwhile.
 * @param {{ ch: number, name?: string }} props */
export function Skeleton({ ch, name }) {
  return html`${name && html`<span class="unseen">${name}</span>`}<span class="skeleton" style=${{ width: `${ch}ch` }} aria-hidden="true"></span>`;
}
