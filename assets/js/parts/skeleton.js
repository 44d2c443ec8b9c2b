// @ts-check
import { html } from '/js/core/view.js';

/** A stand-in for a notice. */
export function SkeletonBlock() {
  return html`<span class="skeleton skeleton--block" aria-hidden="true"></span>`;
}

/** A stand-in for a sentence of about `ch` letters, which takes as many lines as it would. @param {{ ch: number, name?: string }} props */
export function SkeletonText({ ch, name }) {
  const words = Array.from({ length: Math.ceil(ch / 8) }, (_, at) => html`<${Skeleton} key=${at} ch=${7} /> `);
  return html`${name && html`<span class="unseen">${name}</span>`}${words}`;
}

/** A stand-in for text that is `ch` letters wide. In a heading or a link, `name` is read out meanwhile.
 * @param {{ ch: number, name?: string }} props */
export function Skeleton({ ch, name }) {
  return html`${name && html`<span class="unseen">${name}</span>`}<span class="skeleton" style=${{ width: `${ch}ch` }} aria-hidden="true"></span>`;
}
