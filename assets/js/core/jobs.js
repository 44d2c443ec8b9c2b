// @ts-check
// Durable background work: plumbing that any noun may start and follow, so it lives here and not with a noun.
import { request } from '/js/core/http.js';
import { follow } from '/js/core/live.js';

/** @typedef {'queued' | 'running' | 'succeeded' | 'cancelled' | 'dead'} JobStatus */
/** @typedef {{ code: string, name: string, status: 'ok' | 'violated', detail: string, count: number | null }} Line */
/**
 * @typedef {{ id: string, kind: string, status: JobStatus, progress: number, message: string | null, attempt: number,
 *   attempts_max: number, result: { lines?: Line[] } | null, error: string | null, created_at: string,
 *   started_at: string | null, finished_at: string | null }} Job
 */

/** Whether the job still has something to do. @param {Job} job */
export function isOpen(job) {
  return job.status === 'queued' || job.status === 'running';
}

/** @param {{ limit: number, cursor?: string | null }} page @returns {Promise<{ items: Job[], next_cursor: string | null }>} */
export function list({ limit, cursor }) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (cursor) query.set('cursor', cursor);
  return request('GET', `/api/jobs?${query}`);
}

/** @param {string} id @returns {Promise<Job>} */
export function find(id) {
  return request('GET', `/api/jobs/${encodeURIComponent(id)}`);
}

/** @param {string} id @returns {Promise<Job>} */
export function cancel(id) {
  return request('POST', `/api/jobs/${encodeURIComponent(id)}/cancel`);
}

/**
 * Follows a job until its final state.
 * @param {string} id
 * @param {(job: Job) => void} onJob
 * @returns {() => void} stops following
 */
export function watch(id, onJob) {
  const path = `/api/jobs/${encodeURIComponent(id)}/events`;
  return follow({ path, name: 'job', find: () => find(id), isOpen, onChange: onJob });
}
