// @ts-check
// What can be done with a task besides what everybody may need of it (`core/tasks.js`).
import { request } from '/js/core/http.js';
import { createTask } from '/js/core/tasks.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

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

/** Sends what a task was sent once more. @param {Task} task @param {string} key @param {boolean} isAsync @returns {Promise<Task>} the new task */
export async function runAgain(task, key, isAsync) {
  const body = await findInput(task.id);
  return createTask({ model: task.model, body, key, async: isAsync });
}

/** Deletes a task that has ended. @param {string} id */
export function deleteTask(id) {
  return request('DELETE', `/api/tasks/${encodeURIComponent(id)}`);
}
