// @ts-check
// Coming in: accounts that people make themselves, and sessions: signing in and out, and where one is signed in. Keys for
// programs.
import { alone, request } from '/js/core/http.js';

/** Whether an account can be made with an invitation now. @param {string} invitation @returns {Promise<{ is_open: boolean }>} */
export function checkInvitation(invitation) {
  return request('POST', '/auth/sign-up/invitation', { invitation }, { isQuestion: true });
}

/** @param {{ username: string, email: string, password: string, full_name?: string, invitation?: string }} account */
export function register(account) {
  return request('POST', '/auth/register', account);
}

/** Signs in by a name or by an e-mail address. @param {{ identity: string, password: string }} who */
export function openSession({ identity, password }) {
  const name = identity.includes('@') ? { email: identity } : { username: identity };
  return request('POST', '/auth/session', { ...name, password });
}

/** Signs out; a session that has ended already is as good. */
export function closeSession() {
  return alone(() => request('DELETE', '/auth/session', undefined, { expects: [401] }));
}

/**
 * @typedef {{ id: string, kind: 'browser' | 'token', is_current: boolean, user_agent: string | null, created_at: string,
 *   last_seen_at: string, expires_at: string, is_same_network: boolean | null }} Session
 */
/** @typedef {'read' | 'predict' | 'write'} Scope */
/**
 * @typedef {{ id: string, name: string, scopes: Scope[], hint: string, created_at: string, expires_at: string | null,
 *   last_used_at: string | null }} ApiKey
 */

/** Where the caller is signed in, the newest first. @returns {Promise<{ items: Session[] }>} */
export function listSessions() {
  return request('GET', '/api/me/sessions');
}

/** @param {string} id */
export function deleteSession(id) {
  return request('DELETE', `/api/me/sessions/${encodeURIComponent(id)}`);
}

/** Ends every session but this one. */
export function deleteOtherSessions() {
  return request('DELETE', '/api/me/sessions');
}

/** The caller's keys, the newest first. @returns {Promise<{ items: ApiKey[] }>} */
export function listApiKeys() {
  return request('GET', '/api/keys');
}

/** Makes a key; its secret is in this answer and in no other. @param {{ name: string, scopes: string[], expires_at: string | null }} key
 * @returns {Promise<ApiKey & { secret: string }>} */
export function createApiKey(key) {
  return request('POST', '/api/keys', key);
}

/** @param {string} id */
export function deleteApiKey(id) {
  return request('DELETE', `/api/keys/${encodeURIComponent(id)}`);
}
