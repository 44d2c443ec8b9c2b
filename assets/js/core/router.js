// @ts-check
// Which screen the address means. The address is the only state of navigation, so Back works by itself.
import { mayLeave } from '/js/core/guard.js';
import { store } from '/js/core/state.js';
import { createContext, useContext } from '/js/core/view.js';

/** @typedef {{ path: string, query: URLSearchParams }} Place */

/** @type {import('/js/core/state.js').Store<Place>} */
export const place = store(here());

/** @returns {Place} */
function here() {
  return { path: location.pathname.replace(/(.)\/+$/, '$1'), query: new URLSearchParams(location.search) };
}

/**
 * The place that a screen was opened for. The address is ahead of it while the next screen is being loaded, and means
 * nothing to the one that is still shown.
 */
export const ScreenPlace = createContext(place.get());

/** The place of the screen that this component is a part of. @returns {Place} */
export function useScreenPlace() {
  return useContext(ScreenPlace);
}

/** How far the present entry is from the first one of this app: the way from one to another is told by it. */
let depth = Number(history.state?.depth) || 0;
history.replaceState({ depth }, '');

/** Writes an address into the history, as a new entry or in place of the present one. @param {string} address @param {boolean} push */
function write(address, push) {
  if (push) depth++;
  history[push ? 'pushState' : 'replaceState']({ depth }, '', address);
}

/** What the present entry was made by changing, while nothing else was done; a word typed letter by letter is one change. */
let changing = '';
/** Where that entry was made from. */
let changedFrom = '';

/** Goes to an address of the app. @param {string} address @param {{ replace?: boolean }} [options] */
export function go(address, { replace = false } = {}) {
  write(address, !replace);
  changing = '';
  scrollTo(0, 0);
  place.set(here());
}

/** Goes there unless a form that was begun is to be kept. @param {string} address */
export async function leaveFor(address) {
  const answer = mayLeave();
  if (answer === true || await answer) go(address);
}

/** Takes what stands behind the # out of the address: a secret shall not stay in the history. */
export function dropFragment() {
  write(location.pathname + location.search, false);
}

/**
 * Changes the query of the address on the same screen; `null` or an empty word takes a name out. Back undoes it: a change
 * is an entry of the history, and what is changed again at once stays in the same one unless each is a step (`push`).
 * @param {Record<string, string | null>} changes @param {{ push?: boolean }} [options]
 */
export function setQuery(changes, { push = false } = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const address = location.pathname + (query.size ? `?${query}` : '') + location.hash;
  if (address === location.pathname + location.search + location.hash) return;
  const changed = Object.keys(changes).sort().join();
  const isAgain = !push && changed === changing;
  if (isAgain && address === changedFrom) {
    // It is as it was before: another entry like that one would be a Back that does nothing.
    changing = '';
    return history.back();
  }
  if (!isAgain) changedFrom = location.pathname + location.search + location.hash;
  write(address, !isAgain);
  changing = changed;
  place.set(here());
}

/** The address with path, query and fragment, to come back to later. */
export function address() {
  return location.pathname + location.search + location.hash;
}

/**
 * The parts of a path that a pattern such as `/models/:id` names; `null` where it does not fit.
 * @param {string} pattern @param {string} path @returns {Record<string, string> | null}
 */
export function match(pattern, path) {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [place, part] of wanted.entries()) {
    if (part.startsWith(':') && given[place]) params[part.slice(1)] = decode(given[place]);
    else if (part !== given[place]) return null;
  }
  return params;
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Takes a wish to return (`?next=`) only when it leads into this app: anything else would let a link send people away.
 * @param {string | null} wish
 */
export function safeReturn(wish) {
  if (!wish || !wish.startsWith('/')) return '/';
  if (!URL.canParse(wish, location.origin)) return '/';
  const url = new URL(wish, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : '/';
}

/**
 * Follows links to the app's own screens without loading the page anew; all other links stay the browser's business.
 * @param {(path: string) => boolean} isScreen
 */
export function startRouter(isScreen) {
  /** What to do instead when the browser has come to the entry that it was sent to. @type {(() => void) | null} */
  let onArrival = null;
  addEventListener('popstate', ({ state }) => {
    const before = depth;
    const wanted = state?.depth ?? before + 1;
    depth = wanted;
    changing = '';
    // An entry without a mark is one that the browser made: a link to a part of this page.
    if (!state) write(address(), false);
    if (onArrival) {
      const act = onArrival;
      onArrival = null;
      return act();
    }
    const answer = here().path === place.get().path || wanted === before || mayLeave();
    if (answer === true) return place.set(here());
    // The browser has gone there already. It comes back to the form until the question is answered, over the same entries,
    // so that nothing is added to the history or lost from it.
    onArrival = async () => {
      if (!(await answer)) return;
      onArrival = () => place.set(here());
      history.go(wanted - depth);
    };
    return history.go(before - wanted);
  });
  document.addEventListener('click', (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!plain || event.defaultPrevented || !link || link.target || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.hash || !isScreen(url.pathname)) return;
    event.preventDefault();
    if (url.pathname + url.search !== location.pathname + location.search) leaveFor(url.pathname + url.search);
  });
}
