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
  /** The first news and the last: between them it may be drawn many times. */
  const news = useRef(/** @type {{ at_ms: number, progress: number }[]} */ ([]));
  const [first, last] = [news.current[0], news.current.at(-1)];
  if (task.status === 'running' && task.progress > 0 && task.progress !== last?.progress) {
    const next = { at_ms: performance.now(), progress: task.progress };
    news.current = first ? [first, next] : [next];
  }
  const [begin, end] = news.current;
  if (!end) return null;
  const seconds = (end.at_ms - begin.at_ms) / 1000;
  const share = end.progress - begin.progress;
  if (seconds < SHORTEST_S || share <= 0) return null;
  return { rows: (share * task.n_rows) / seconds, left_s: ((1 - end.progress) * seconds) / share };
}
