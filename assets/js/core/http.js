// @ts-check
// The one way to the server. Every failure becomes an ApiError, whatever its cause.
import { lookAfter, reachable } from '/js/core/silence.js';

/** @typedef {{ field: string, code: string, message: string }} Issue */

/** A request that did not do what was asked. `status` 0 means that no answer came at all. */
export class ApiError extends Error {
  /** @param {{ status: number, code: string, title?: string, detail?: string, errors?: Issue[], request_id?: string | null,
   *   retry_after_s?: number | null }} problem */
  constructor(problem) {
    super(problem.detail || problem.title || problem.code);
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail ?? problem.title ?? '';
    this.issues = problem.errors ?? [];
    this.requestId = problem.request_id ?? null;
    this.retryAfter_s = problem.retry_after_s ?? null;
  }
}

/** What a gateway in front answers for a server that is down; it does not speak JSON. */
export const BY_GATEWAY = [502, 503, 504];

let whenSignedOut = () => {};

/** Says what to do when a request finds that nobody is signed in any more. @param {() => void} act */
export function onSignedOut(act) {
  whenSignedOut = act;
}

/** Questions on their way. @type {Set<AbortController>} */
const asked = new Set();
/** Why a question was given up that the server kept silent to. */
const SILENCE = 'silence';
/** What questions wait for while `alone` acts. @type {Promise<void> | null} */
let pause = null;

/**
 * Ends a session with nothing beside it: a question that is answered afterwards hears only that nobody is here, which is
 * no news then. Questions are held back meanwhile; they are asked if the end fails, and forgotten if it does not.
 * @template T @param {() => Promise<T>} act @returns {Promise<T>}
 */
export async function alone(act) {
  let goOn = () => {};
  pause = new Promise((done) => { goOn = () => done(); });
  for (const question of asked) question.abort();
  try {
    return await act();
  } catch (error) {
    goOn();
    throw error;
  } finally {
    pause = null;
  }
}

/**
 * Sends a request and gives the parsed answer, or `null` where there is none.
 * @param {'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON, or as it is if it is a form or a file
 * @param {{ expects?: number[], headers?: Record<string, string>, signal?: AbortSignal, asFile?: boolean, isQuestion?: boolean }} [options] `expects`
 *   lists statuses that are an answer too: 401 then does not sign out, and a status with a JSON body that is no problem
 *   document is given back as it came. `asFile` takes the answer as a file, with the name that the server gives it. `isQuestion`
 *   says that it changes nothing, as `GET` does.
 * @returns {Promise<any>}
 */
export async function request(method, path, body, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', 'X-Cellar': '1', ...options.headers };
  const isRaw = body instanceof Blob || body instanceof FormData;
  if (body !== undefined && !isRaw) headers['Content-Type'] = 'application/json';
  const question = method === 'GET' || options.isQuestion ? new AbortController() : null;
  if (question) {
    if (pause) await pause;
    asked.add(question);
  }
  const signals = [options.signal, question?.signal].filter((signal) => signal !== undefined);
  const answered = lookAfter(question ? () => question.abort(SILENCE) : undefined);
  let response;
  let text = '';
  try {
    const sent = isRaw || body === undefined ? /** @type {any} */ (body) : JSON.stringify(body);
    response = await fetch(path, { method, headers, body: sent, signal: AbortSignal.any(signals) });
    // A file may come slowly.
    if (options.asFile) answered();
    if (options.asFile && response.ok) return await fileOf(response);
    text = await response.text();
  } catch (error) {
    // Whoever gave a request up knows that, and no server is to blame.
    if (options.signal?.aborted) throw error;
    if (question?.signal.aborted && question.signal.reason !== SILENCE) return request(method, path, body, options);
    throw unreachable();
  } finally {
    answered();
    if (question) asked.delete(question);
  }
  const type = response.headers.get('Content-Type') ?? '';
  const value = /\bjson\b/.test(type) ? parse(text) : undefined;
  const expected = options.expects?.includes(response.status) ?? false;
  if (response.ok || (expected && value !== undefined && !type.includes('problem'))) {
    reachable.set(true);
    return value ?? (text || null);
  }
  if (value === undefined && BY_GATEWAY.includes(response.status)) throw unreachable();
  reachable.set(true);
  const error = new ApiError({
    code: 'internal',
    title: response.statusText,
    ...value,
    status: response.status,
    request_id: value?.request_id ?? response.headers.get('X-Request-Id'),
    retry_after_s: Number(response.headers.get('Retry-After')) || null,
  });
  if (error.status === 401 && !expected) whenSignedOut();
  throw error;
}

/** A word for `Idempotency-Key`: a request that is sent again with it is done once. */
export function onceKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {Response} response */
async function fileOf(response) {
  const blob = await response.blob();
  const name = /filename="([^"]*)"/.exec(response.headers.get('Content-Disposition') ?? '');
  return new File([blob], name?.[1] ?? '', { type: blob.type });
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Notes that the server does not answer. */
export function unreachable() {
  reachable.set(false);
  return new ApiError({ status: 0, code: 'offline' });
}
