// @ts-check
// Wishes that cost something and were sent, but not answered yet. A lost answer may have been a good one: whoever wishes the
// same again soon in this tab, even after a reload, wishes it under the same key, and it is done and paid once.
import { onceKey } from '/js/core/http.js';

const KEPT = 'cellar.unanswered';
const WISHES_MAX = 20;
/** Later it is another wish of the same kind: nobody tries again for so long. */
const SOON_MS = 10 * 60_000;

/** What was wished, under which key, and when first. @typedef {[string, string, number]} Wish */

/** Where there is no storage, wishes are kept as long as the page is open. @type {Wish[]} */
let unanswered = [];
try {
  unanswered = JSON.parse(sessionStorage.getItem(KEPT) ?? '[]');
} catch {
  // Then there are none.
}

/** @param {Wish[]} next */
function keep(next) {
  unanswered = next.slice(0, WISHES_MAX);
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(unanswered));
  } catch {
    // They are kept as long as the page is open.
  }
}

/**
 * Does what is wished under a key of its own. The key stays after a failure: an earlier try may have been done, whatever
 * this one was answered.
 * @template T @param {string} wish all that makes it this wish and no other @param {(key: string) => Promise<T>} act @returns {Promise<T>}
 */
export async function once(wish, act) {
  const now_ms = Date.now();
  const before = unanswered.find(([name, , at_ms]) => name === wish && now_ms - at_ms < SOON_MS);
  const [, key, at_ms] = before ?? [wish, onceKey(), now_ms];
  const others = () => unanswered.filter(([name]) => name !== wish);
  keep([[wish, key, at_ms], ...others()]);
  const done = await act(key);
  keep(others());
  return done;
}
