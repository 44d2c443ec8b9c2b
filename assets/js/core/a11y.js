// @ts-check
// For those who hear the page or walk it by keyboard.
import { useEffect } from '/js/core/view.js';

/** Says a sentence through the live region of the shell. @param {string} text */
export function announce(text) {
  const region = document.getElementById('live');
  if (!region) return;
  // The same sentence twice in a row would not be read again if the region did not change in between.
  region.textContent = '';
  setTimeout(() => { region.textContent = text; }, 50);
}

/** Moves the focus to the heading of the screen, so that reading starts at its beginning. */
export function focusScreen() {
  const target = document.querySelector('#main h1') ?? document.getElementById('main');
  if (!(target instanceof HTMLElement)) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** Names the page by what it shows, once that is known: a model, a task. @param {string | null | undefined} text */
export function useTitle(text) {
  useEffect(() => {
    // The route's own title is set with the screen, and this one shall come after it.
    if (text) queueMicrotask(() => { document.title = `${text} · Cellar`; });
  }, [text]);
}
