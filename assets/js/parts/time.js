// @ts-check
import { ago, ahead, exact } from '/js/core/format.js';
import { store, useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';

/** One clock for all times on the page, so that they move together. */
const now = store(Date.now());
setInterval(() => { if (!document.hidden) now.set(Date.now()); }, 10_000);

/** An instant as a distance from now; the exact one shows on hover. @param {{ at: string }} props */
export function Time({ at }) {
  const now_ms = Math.max(useStore(now), Date.parse(at));
  return html`<time datetime=${at} title=${exact(at)}>${ago(at, now_ms)}</time>`;
}

/** An instant that is still to come, such as the end of a key. @param {{ at: string }} props */
export function Until({ at }) {
  return html`<time datetime=${at} title=${exact(at)}>${ahead(at, useStore(now))}</time>`;
}
