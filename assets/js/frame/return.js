// @ts-check
// The way back after a detour over signing in or a new password.
import { safeReturn } from '/js/core/router.js';

const KEPT = 'cellar.way_back';

/** @typedef {{ user_id: string, there: string, hash: string }} Aside */

/** Where there is no storage it waits as long as the page is open. @type {Aside | null} */
let aside = null;

/** @param {Aside | null} next */
function keep(next) {
  aside = next;
  try {
    if (next) sessionStorage.setItem(KEPT, JSON.stringify(next));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // It waits as long as the page is open.
  }
}

/** @returns {Aside | null} */
function kept() {
  try {
    return aside ?? JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  } catch {
    return aside;
  }
}

/**
 * The address to come back to, to be written into a query. What stands behind its # may be a secret, and a query is told
 * to the server: that part waits in this tab, for whoever is here now, or for anybody if nobody is.
 * @param {string} [user_id]
 */
export function wayBack(user_id = '') {
  const there = location.pathname + location.search;
  // A detour on the way of another one has nothing of its own to keep, and forgets nothing.
  if (location.hash.length > 1) keep({ user_id, there, hash: location.hash });
  return there;
}

/** Where a wish to return (`?next=`) leads, with all that belongs to it. @param {string | null} wish @param {string} user_id */
export function returnTo(wish, user_id) {
  const there = safeReturn(wish);
  const waits = kept();
  keep(null);
  const fits = waits?.there === there && (!waits.user_id || waits.user_id === user_id);
  return fits ? there + waits.hash : there;
}
