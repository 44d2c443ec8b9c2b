// @ts-check
// Durable background work: plumbing that any noun may start and follow, so it lives here and not with a noun.
import { request } from '/js/core/http.js';
import { listen } from '/js/core/live.js';

/** @typedef {'queued' | 'running' | 'succeeded' | 'cancelled' | 'dead'} JobStatus */
/** @typedef {{ name: string, status: 'ok' | 'violated', detail: string | null }} Line */
/**
 * @typedef {{ id: string, kind: string, status: JobStatus, progress: number, message: string | null, attempt: number,
 *   attempts_max: number, result: { lines?: Line[] } | null, error: string | null, created_at: string,
 *   started_at: string | null, finished_at: string | null }} Job
 */

const RETRY_MS = 2000;

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
 * Follows a job until its final state, over restarts of the server too.
 * @param {string} id
 * @param {(job: Job) => void} onJob
 * @returns {() => void} stops following
 */
export function watch(id, onJob) {
  let close = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let over = false;
  const stop = () => {
    over = true;
    clearTimeout(timer);
    close();
  };
  const see = (/** @type {Job} */ job) => {
    if (over) return;
    if (!isOpen(job)) stop();
    onJob(job);
  };
  const open = () => {
    close = listen(`/api/jobs/${encodeURIComponent(id)}/events`, 'job', see, () => {
      timer = setTimeout(again, RETRY_MS);
    });
  };
  const again = async () => {
    // A plain request says why the stream was refused: signed out, gone, or a server that is not up yet.
    try {
      see(await find(id));
      if (!over) open();
    } catch (error) {
      if (!over && error.status === 0) timer = setTimeout(again, RETRY_MS);
    }
  };
  open();
  return stop;
}
