// @ts-check
// Prediction tasks: models start them, the home page and the history show them, so, like jobs, they live here.
import { toQuery } from '/js/core/filters.js';
import { request } from '/js/core/http.js';
import { follow } from '/js/core/live.js';

/** @typedef {'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'} TaskStatus */
/**
 * @typedef {{ id: string, model: string, model_version: string, status: TaskStatus, n_rows: number, n_predicted: number,
 *   n_rejected: number, price_per_row: number, cost: number, charge: string, error: string | null, error_code: string | null,
 *   transaction_id: string | null, progress: number, message: string, compute_ms: number | null,
 *   request_id: string | null, created_at: string, started_at: string | null, finished_at: string | null }} Task
 */
/** @typedef {{ row: number, line: number | null, field: string, value: string | null, code: string, message: string, min?: number, max?: number }} Fault */
/** A value beyond what the model has seen. @typedef {{ field: string, code: string, message: string, value: number, min: number, max: number }} Note */
/** What was predicted of a row: the first output, and every output by its name. @typedef {{ row: number, prediction: any, notes: Note[], [output: string]: any }} Output */
/** A row as it was sent and what came of it; one that was rejected has no outputs. @typedef {{ row: number, cells: string[], prediction: any, notes?: Note[], errors: Fault[], [output: string]: any }} ResultRow */
/** A task that was answered at once, with what was predicted. @typedef {Task & { output_data: Output[], errors: Fault[] }} Answered */

/** Whether a task still has something to do. @param {Task} task */
export function isOpen(task) {
  return task.status === 'queued' || task.status === 'running';
}

/** Fewer rows are answered at once; for more, the price of all is held while they are predicted. */
const AT_ONCE_MAX = 2_000;

/**
 * How so many rows are sent, what they cost if so many of them are good, and what has to be there for that.
 * @param {{ price: number, n_rows: number, n_good: number }} order
 */
export function termsOf({ price, n_rows, n_good }) {
  const isAsync = n_rows > AT_ONCE_MAX;
  return { isAsync, cost: price * n_good, needed: price * (isAsync ? n_rows : n_good) };
}

/**
 * Has rows predicted. The answer has the predictions, or is a task alone that goes on in the background.
 * @param {{ model: string, body: unknown | Blob, key: string, async?: boolean }} order rows in JSON, or a table as a blob
 *   with its type
 * @returns {Promise<Answered | Task>}
 */
export function createTask({ model, body, key, async = false }) {
  const headers = { 'Idempotency-Key': key, ...(async ? { Prefer: 'respond-async' } : {}) };
  return request('POST', `/api/tasks${toQuery({ model })}`, body, { headers });
}

/**
 * @param {{ limit?: number, cursor?: string | null, model?: string, status?: string, from?: string, to?: string, text?: string }} [query]
 * @returns {Promise<{ items: Task[], next_cursor: string | null }>}
 */
export function listTasks(query = {}) {
  return request('GET', `/api/tasks${toQuery(query)}`);
}

/** @param {string} id @returns {Promise<Task>} */
export function findTask(id) {
  return request('GET', `/api/tasks/${encodeURIComponent(id)}`);
}

/** @param {string} id @returns {Promise<Task>} */
export function cancelTask(id) {
  return request('POST', `/api/tasks/${encodeURIComponent(id)}/cancel`);
}

/**
 * A task's rows with what came of them.
 * @param {string} id @param {{ limit?: number, cursor?: string | null, only?: 'all' | 'predicted' | 'rejected' }} query
 * @returns {Promise<{ columns: string[], items: ResultRow[], next_cursor: string | null }>}
 */
export function listResults(id, query) {
  return request('GET', `/api/tasks/${encodeURIComponent(id)}/results${toQuery(query)}`);
}

/** Where the results are as a file. @param {string} id */
export function resultsAddress(id) {
  return `/api/tasks/${encodeURIComponent(id)}/results.csv`;
}

/** Follows a task until it has ended. @param {string} id @param {(task: Task) => void} onTask @returns {() => void} */
export function watchTask(id, onTask) {
  const path = `/api/tasks/${encodeURIComponent(id)}/events`;
  return follow({ path, name: 'task', find: () => findTask(id), isOpen, onChange: onTask });
}
