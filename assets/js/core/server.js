// @ts-check
// What the server says about itself to anybody, without an account.
import { ApiError, BY_GATEWAY, request, unreachable } from '/js/core/http.js';
import { isAlive, reachable } from '/js/core/silence.js';

/** @typedef {{ name: string, status: string, detail: string | null }} Check */
/** @typedef {{ status: string, version: string, uptime_s: number, checks: Check[] }} Health */

/** The state of the server with its checks. A server that is not ready says so with 503. @returns {Promise<Health>} */
export function health() {
  return request('GET', '/healthz', undefined, { expects: [503] });
}

/** Who may make an account here, and what it begins with. @returns {Promise<{ sign_up: 'open' | 'invite' | 'closed', credits: number }>} */
export function describeSignUp() {
  return request('GET', '/auth/sign-up');
}

/** The version of the app for which this tab was opened anew; whoever gets the same one again would go round in circles. */
const RENEWED = 'cellar.renewed';
const RELOAD_MS = 3000;

/** Opens the page anew, unless that did not help before; it returns only if the reader stays. */
async function renew() {
  try {
    if (sessionStorage.getItem(RENEWED) === import.meta.url) return;
    sessionStorage.setItem(RENEWED, import.meta.url);
  } catch {
    // Without storage nothing tells one circle from the next, and a button is still there.
    return;
  }
  location.reload();
  await new Promise((wake) => setTimeout(wake, RELOAD_MS));
}

/**
 * Why a file of the app did not come. If the server has another version of the app by now, it has no file any more that
 * would fit this page, and the page is opened anew.
 * @returns {Promise<ApiError>} what to tell a person
 */
export async function whyMissing() {
  const answer = await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (!answer || BY_GATEWAY.includes(answer.status)) return unreachable();
  if (answer.status === 404) await renew();
  return new ApiError({ status: answer.status, code: 'app_incomplete' });
}

/** Asks whether anything answers, until something does. @param {AbortSignal} signal */
export async function untilAlive(signal) {
  let wait_ms = 1000;
  while (!signal.aborted) {
    await new Promise((wake) => setTimeout(wake, wait_ms));
    wait_ms = Math.min(wait_ms * 1.5, 5000);
    const isBack = await isAlive();
    if (isBack && !signal.aborted) return reachable.set(true);
  }
}
