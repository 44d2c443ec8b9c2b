// @ts-check
// What can be done with a task besides what everybody may need of it (`core/tasks.js`).
import { request } from '/js/core/http.js';
import { createTask, listResults } from '/js/core/tasks.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */
/** @typedef {import('/js/core/tasks.js').Fault} Fault */
/**
 * A row as it was sent and what came of it. Its outputs stand beside the cells, each under its name.
 * @typedef {import('/js/core/tasks.js').ResultRow & { id: string, notes: import('/js/core/tasks.js').Note[] }} Row
 */

/** What of a row is no output of the model. */
const OWN = ['id', 'row', 'cells', 'prediction', 'probabilities', 'notes', 'errors'];

/** The names of a row's outputs. @param {Row} row */
export function outputsOf(row) {
  const names = Object.keys(row).filter((name) => !OWN.includes(name) && row[name] !== null && row[name] !== undefined);
  // They come by the alphabet; the figure that the row was sent for stands first.
  return names.sort((one, other) => Number(other === 'score') - Number(one === 'score'));
}

/**
 * A page of a task's rows.
 * @param {string} id @param {{ limit?: number, cursor?: string | null, only?: 'all' | 'predicted' | 'rejected' }} query
 * @returns {Promise<{ columns: string[], items: Row[], next_cursor: string | null }>}
 */
export async function listRows(id, query) {
  const page = await listResults(id, query);
  const items = page.items.map((row) => ({ notes: [], ...row, id: String(row.row) }));
  return { ...page, items };
}

/** Where what was sent is as a file. @param {string} id */
export function inputAddress(id) {
  return `/api/tasks/${encodeURIComponent(id)}/input`;
}

/** What was sent, byte for byte, with its type. @param {string} id @returns {Promise<Blob>} */
async function findInput(id) {
  const response = await fetch(inputAddress(id), { headers: { 'X-Cellar': '1' } });
  // The refusal is a problem document, which the one way to the server knows how to read.
  return response.ok ? response.blob() : request('GET', inputAddress(id));
}

/** Sends what a task was sent once more. @param {Task} task @param {string} key @returns {Promise<Task>} the new task */
export async function runAgain(task, key) {
  const body = await findInput(task.id);
  return createTask({ model: task.model, body, key, async: task.n_rows > LONG_N_ROWS });
}

/** More rows than these are worth watching. */
const LONG_N_ROWS = 1_000;

/** Deletes a task that has ended. @param {string} id */
export function deleteTask(id) {
  return request('DELETE', `/api/tasks/${encodeURIComponent(id)}`);
}
