// @ts-check
// Which task an entry of the ledger paid for, where there still is one.
import { listTasks } from '/js/core/tasks.js';
import { useEffect, useRef, useState } from '/js/core/view.js';

/** @typedef {import('/js/transaction/api.js').Transaction} Transaction */
/** @typedef {import('/js/core/tasks.js').Task} Task */

const PAID_FOR = ['charge', 'hold', 'settle', 'release'];
const LIMIT = 200;

/** @param {Transaction} entry @param {Task} task */
function belongs(entry, task) {
  if (entry.kind === 'charge') return task.transaction_id === entry.id;
  // Work in the background is paid from a hold, which is placed and ended in the same write as the task.
  if (task.transaction_id !== null) return false;
  if (entry.kind === 'hold') return entry.timestamp === task.created_at && -entry.amount === task.price_per_row * task.n_rows;
  return entry.timestamp === task.finished_at;
}

/**
 * Looks for the tasks of these entries among those of their time. An entry whose task is gone, or not certain, has none.
 * @param {Transaction[] | null} entries
 * @returns {(entry: Transaction) => string | undefined}
 */
export function useTasksOf(entries) {
  const [found, setFound] = useState(/** @type {Map<string, string>} */ (new Map()));
  const asked = useRef(new Set());
  useEffect(() => {
    const fresh = (entries ?? []).filter(({ id, kind }) => PAID_FOR.includes(kind) && !asked.current.has(id));
    if (!fresh.length) return;
    for (const { id } of fresh) asked.current.add(id);
    const times = fresh.map(({ timestamp }) => Date.parse(timestamp));
    const to = new Date(Math.max(...times) + 1).toISOString();
    const from = new Date(Math.min(...times)).toISOString();
    listTasks({ from, to, limit: LIMIT }).then(({ items }) => {
      setFound((old) => {
        const next = new Map(old);
        for (const entry of fresh) {
          const fitting = items.filter((task) => belongs(entry, task));
          if (fitting.length === 1) next.set(entry.id, fitting[0].id);
        }
        return next;
      });
    // The entries say all that matters; a link is a comfort, and may come with the next look.
    }, () => { for (const { id } of fresh) asked.current.delete(id); });
  }, [entries]);
  return (entry) => /** @type {any} */ (entry).task_id ?? found.get(entry.id);
}
