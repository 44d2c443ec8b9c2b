// @ts-check
// What only administrators may ask.
import { toQuery } from '/js/core/filters.js';
import { request } from '/js/core/http.js';

/**
 * @typedef {{ version: string, started_at: string, uptime_s: number, data_folder_bytes_free: number, database_bytes: number,
 *   blob_count: number, blob_bytes: number, memory_bytes: number, is_insecure: boolean,
 *   writer: { commits: number, writes: number, mean_group_size: number, queue_depth: number },
 *   jobs: { queued: number, running: number, succeeded: number, cancelled: number, dead: number },
 *   last_backup: { at: string, is_by_command: boolean, by: string | null } | null, failed_requests: number }} System
 */

/** @returns {Promise<System>} */
export function findSystem() {
  return request('GET', '/api/admin/system');
}

/** Starts a check of all stored data as a background job. @returns {Promise<import('/js/core/jobs.js').Job>} */
export function createCheck() {
  return request('POST', '/api/admin/checks');
}

/** What the general words for a failure leave out of one in making a backup. @type {Record<string, string>} */
const BACKUP_CODES = { unavailable: 'backup_no_room' };

/** Makes a backup. @returns {Promise<File>} */
export async function createBackup() {
  try {
    return await request('POST', '/api/admin/backup', undefined, { asFile: true });
  } catch (error) {
    error.code = BACKUP_CODES[error.code] ?? error.code;
    throw error;
  }
}

/**
 * @typedef {{ id: string, username: string, email: string | null, full_name: string | null, role: 'admin' | 'user',
 *   state: 'active' | 'disabled' | 'closed', must_change_password: boolean, created_at: string, available: number, held: number,
 *   last_seen_at: string | null }} UserRow
 */
/**
 * @typedef {UserRow & { activity: { spent: number, n_transactions: number, n_jobs: number, n_tasks: number, n_sessions: number,
 *   n_api_keys: number, n_workspaces: number } }} UserDetail
 */
/**
 * @typedef {{ id: string, kind: string, amount: number, balance: number, description: string, actor_id: string | null,
 *   request_id: string | null, timestamp: string, user_id: string, username: string, subject: import('/js/parts/transaction-row.js').Entry['subject'] }} Entry
 */
/** @typedef {import('/js/core/tasks.js').Task & { user_id: string, username: string }} NamedTask */
/**
 * @typedef {{ id: string, at: string, action: string, actor_id: string | null, actor: string | null, user_id: string | null,
 *   user: string | null, detail: string, request_id: string | null }} AuditLine
 */
/**
 * @typedef {{ id: string, note: string, created_by: string, created_at: string, expires_at: string, is_open: boolean,
 *   used_by: string | null }} Invitation
 */
/**
 * @typedef {{ users: { active: number, disabled: number, closed: number, active_today: number },
 *   credits_by_day: { day: string, sold: number, given: number, spent: number }[],
 *   tasks_by_day: { day: string, queued: number, running: number, succeeded: number, failed: number, cancelled: number, n_predicted: number }[],
 *   credits_available: number, credits_held: number }} Figures
 */
/** @template T @typedef {import('/js/core/pages.js').Page<T>} Page */
/** @typedef {Record<string, string | number | null | undefined>} Query */

/** @returns {Promise<Figures>} */
export function findFigures() {
  return request('GET', '/api/admin/figures');
}

/** @param {Query} query @returns {Promise<Page<UserRow>>} */
export function listUsers(query) {
  return request('GET', `/api/admin/users${toQuery(query)}`);
}

/** @param {string} id @param {string} [rest] */
const user = (id, rest = '') => `/api/admin/users/${encodeURIComponent(id)}${rest}`;

/** @param {string} id @returns {Promise<UserDetail>} */
export function findUser(id) {
  return request('GET', user(id));
}

/** Makes an account with a one-time password. @param {{ username: string, email?: string, role: string }} account
 * @returns {Promise<{ user_id: string, password: string }>} */
export function createUser(account) {
  return request('POST', '/api/admin/users', account);
}

/** @param {string} id */
export function disableUser(id) {
  return request('POST', user(id, '/disable'));
}

/** @param {string} id */
export function enableUser(id) {
  return request('POST', user(id, '/enable'));
}

/** @param {string} id @param {'admin' | 'user'} role */
export function updateUserRole(id, role) {
  return request('PUT', user(id, '/role'), { role });
}

/** Gives a one-time password. @param {string} id @returns {Promise<{ password: string }>} */
export function resetUserPassword(id) {
  return request('POST', user(id, '/password'));
}

/** @param {string} id @returns {Promise<{ items: any[] }>} */
export function listUserSessions(id) {
  return request('GET', user(id, '/sessions'));
}

/** @param {string} id */
export function endUserSessions(id) {
  return request('POST', user(id, '/sign-out'));
}

/**
 * Moves credits by the staff's word; with the same key it is done once.
 * @param {string} id @param {'top-ups' | 'adjustments'} kind @param {{ amount: number, reason: string }} grant @param {string} key
 */
export async function createGrant(id, kind, grant, key) {
  try {
    return await request('POST', user(id, `/${kind}`), grant, { headers: { 'Idempotency-Key': key } });
  } catch (error) {
    // It is the account that lacks them, not whoever asks.
    if (error.code === 'out_of_credits') error.issues = [{ field: 'amount', code: error.code, message: error.detail }];
    throw error;
  }
}

/** @param {Query} query @returns {Promise<Page<Entry>>} */
export function listAllTransactions(query) {
  return request('GET', `/api/admin/transactions${toQuery(query)}`);
}

/** @param {Query} query @returns {Promise<Page<NamedTask>>} */
export function listAllTasks(query) {
  return request('GET', `/api/admin/tasks${toQuery(query)}`);
}

/** Where a list is as a file. @param {'transactions' | 'tasks'} what @param {Query} query */
export function fileOf(what, query) {
  return `/api/admin/${what}.csv${toQuery(query)}`;
}

/** @param {Query} query @returns {Promise<Page<Invitation>>} */
export function listInvitations(query) {
  return request('GET', `/api/admin/invitations${toQuery(query)}`);
}

/** @param {{ note: string, expires_at: string }} invitation @returns {Promise<Invitation & { link: string }>} */
export function createInvitation(invitation) {
  return request('POST', '/api/admin/invitations', invitation);
}

/** @param {string} id */
export function revokeInvitation(id) {
  return request('DELETE', `/api/admin/invitations/${encodeURIComponent(id)}`);
}

/** @param {Query} query @returns {Promise<Page<AuditLine>>} */
export function listAudit(query) {
  return request('GET', `/api/admin/audit${toQuery(query)}`);
}
