// @ts-check
// Accounts; so far the caller's own.
import { alone, request } from '/js/core/http.js';

/**
 * @typedef {{ id: string, username: string, email: string | null, full_name: string | null, role: 'admin' | 'user',
 *   must_change_password: boolean, created_at: string }} User
 */

/** The caller's account. @returns {Promise<User>} */
export function getMe() {
  return request('GET', '/api/me', undefined, { expects: [401] });
}

/** @param {{ current_password: string, new_password: string }} passwords */
export function changePassword(passwords) {
  return request('PUT', '/api/me/password', passwords);
}

/** Changes the caller's profile. @param {{ username?: string, email?: string, full_name?: string }} profile @returns {Promise<User>} */
export function updateMe(profile) {
  return request('PATCH', '/api/me', profile);
}

/** Closes the caller's account for good. @param {string} password */
export function closeMe(password) {
  return alone(() => request('POST', '/api/me/close', { password }));
}

/** Every entry of the caller's ledger, as a file. */
export const ENTRIES_FILE = '/api/transactions.csv';
