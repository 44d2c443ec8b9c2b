// @ts-check
// How fast a task goes.
import { useRef } from '/js/core/view.js';

/** A shorter time says more about the network than about the work. */
const SHORTEST_S = 0.3;

/**
 * Rows a second since the first news of a task, and what is left at that rate; `null` until it can be told.
 * @param {import('/js/core/tasks.js').Task} task @returns {{ rows: number, left_s: number } | null}
 */
export function useRate(task) {
  const start = useRef(/** @type {{ at_ms: number, progress: number } | null} */ (null));
  if (task.status === 'running' && task.progress > 0) start.current ??= { at_ms: performance.now(), progress: task.progress };
  if (!start.current) return null;
  const seconds = (performance.now() - start.current.at_ms) / 1000;
  const share = task.progress - start.current.progress;
  if (seconds < SHORTEST_S || share <= 0) return null;
  return { rows: (share * task.n_rows) / seconds, left_s: ((1 - task.progress) * seconds) / share };
}
