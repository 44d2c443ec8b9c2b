// @ts-check
// What the front page and the home page ask for, of several nouns at once.
import { request } from '/js/core/http.js';

/**
 * Tries a model with one row, without an account.
 * @param {string} model @param {number[]} row @returns {Promise<{ output: import('/js/core/tasks.js').Output, compute_ms: number }>}
 */
export async function tryModel(model, row) {
  const { output_data, compute_ms } = await request('POST', `/api/models/${encodeURIComponent(model)}/demo`, { row }, { isQuestion: true });
  return { output: output_data[0], compute_ms };
}

/** Whether there is an API key already. @returns {Promise<boolean>} */
export async function hasKey() {
  return (await request('GET', '/api/keys')).items.length > 0;
}
