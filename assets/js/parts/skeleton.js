// @ts-check
import { html } from '/js/core/view.js';

/** A stand-in for a notice. */
export function SkeletonBlock() {
  return html`<span class="skeleton skeleton--block" aria-hidden="true"></span>`;
}

/** A stand-in for text that is `ch` letters wide. @param {{ ch: number }} props */
export function Skeleton({ ch }) {
  return html`<span class="skeleton" style=${{ width: `${ch}ch` }} aria-hidden="true"></span>`;
}
