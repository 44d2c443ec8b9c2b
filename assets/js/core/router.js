// @ts-check
// Which screen the address means. The address is the only state of navigation, so Back works by itself.
import { store } from '/js/core/state.js';

/** @typedef {{ path: string, query: URLSearchParams }} Place */

/** @type {import('/js/core/state.js').Store<Place>} */
export const place = store(here());

/** @returns {Place} */
function here() {
  return { path: location.pathname.replace(/(.)\/+$/, '$1'), query: new URLSearchParams(location.search) };
}

/** Goes to an address of the app. @param {string} address @param {{ replace?: boolean }} [options] */
export function go(address, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  scrollTo(0, 0);
  place.set(here());
}

/** The address with path, query and fragment, to come back to later. */
export function address() {
  return location.pathname + location.search + location.hash;
}

/**
 * Takes a wish to return (`?next=`) only when it leads into this app: anything else would let a link send people away.
 * @param {string | null} wish
 */
export function safeReturn(wish) {
  if (!wish || !wish.startsWith('/')) return '/';
  const url = new URL(wish, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : '/';
}

/**
 * Follows links to the app's own screens without loading the page anew; all other links stay the browser's business.
 * @param {(path: string) => boolean} isScreen
 */
export function startRouter(isScreen) {
  addEventListener('popstate', () => place.set(here()));
  document.addEventListener('click', (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.hash || !isScreen(url.pathname)) return;
    event.preventDefault();
    if (url.pathname + url.search !== location.pathname + location.search) go(url.pathname + url.search);
  });
}
