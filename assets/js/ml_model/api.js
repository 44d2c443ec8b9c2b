// @ts-check
// What the screens of models ask for besides models and tasks: keys for programs.
import { request } from '/js/core/http.js';

/**
 * Makes an API key; the answer shows it, for the only time.
 * @param {{ name: string, scopes: string[], expires_at: string }} key @returns {Promise<{ id: string, name: string, secret: string }>}
 */
export function createKey(key) {
  return request('POST', '/api/keys', key);
}
