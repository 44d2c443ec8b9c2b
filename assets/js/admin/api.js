// @ts-check
// What only administrators may ask.
import { request } from '/js/core/http.js';

/**
 * @typedef {{ version: string, started_at: string, uptime_s: number, data_folder_bytes_free: number, database_bytes: number,
 *   blob_count: number, blob_bytes: number, memory_bytes: number, is_insecure: boolean,
 *   writer: { commits: number, writes: number, mean_group_size: number, queue_depth: number },
 *   jobs: { queued: number, running: number, succeeded: number, cancelled: number, dead: number } }} System
 */

/** @returns {Promise<System>} */
export function findSystem() {
  return request('GET', '/api/admin/system');
}

/** Starts a check of all stored data as a background job. @returns {Promise<import('/js/core/jobs.js').Job>} */
export function createCheck() {
  return request('POST', '/api/admin/checks');
}
