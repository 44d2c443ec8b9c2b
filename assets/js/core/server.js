// @ts-check
// What the server says about itself to anybody, without an account.
import { reachable, request } from '/js/core/http.js';

/** @typedef {{ name: string, status: string, detail: string | null }} Check */
/** @typedef {{ status: string, version: string, uptime_s: number, checks: Check[] }} Health */

/** The state of the server with its checks. A server that is not ready says so with 503. @returns {Promise<Health>} */
export function health() {
  return request('GET', '/healthz', undefined, { expects: [503] });
}

/**
 * Opens the page anew if the server has another version of the app by now: it has no file any more that would fit this one.
 * @returns {Promise<boolean>} whether it does so
 */
export async function renewIfReplaced() {
  const answer = await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.status !== 404) return false;
  location.reload();
  return true;
}

/** Asks whether anything answers, until something does. @param {AbortSignal} signal */
export async function untilAlive(signal) {
  let wait_ms = 1000;
  while (!signal.aborted) {
    await new Promise((wake) => setTimeout(wake, wait_ms));
    wait_ms = Math.min(wait_ms * 1.5, 5000);
    try {
      const response = await fetch('/livez', { cache: 'no-store', signal });
      if (response.ok) return reachable.set(true);
    } catch {
      // Not yet.
    }
  }
}
