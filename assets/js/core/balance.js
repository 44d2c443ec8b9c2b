// @ts-check
// What the caller's account holds: shown at the side, needed wherever something has a price, so it belongs to no noun.
import { request } from '/js/core/http.js';
import { store } from '/js/core/state.js';

/** @typedef {{ available: number, held: number, total: number }} Balance */

/** The last word of the server; `null` until it was asked. @type {import('/js/core/state.js').Store<Balance | null>} */
export const balance = store(/** @type {Balance | null} */ (null));

/** Asks anew. Whoever spends or adds credits calls it, and the frame does so every few seconds. */
export async function renewBalance() {
  const next = await request('GET', '/api/balance');
  const old = balance.get();
  const same = old && old.available === next.available && old.held === next.held;
  // An equal answer is no news, and draws nothing again.
  if (!same) balance.set(next);
}

/** Forgets it, for nobody is signed in any more. */
export function forgetBalance() {
  balance.set(null);
}
