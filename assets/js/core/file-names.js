// @ts-check
// Which file a task came from. The server is not told what a file is called, so this browser remembers the last ones.
import { recall, remember } from '/js/core/state.js';

const KEPT = 'file_names';
const KEPT_MAX = 60;

/** @returns {[string, string][]} */
function all() {
  try {
    const list = JSON.parse(recall(KEPT) ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** @param {string} task @param {string} name */
export function keepName(task, name) {
  const rest = all().filter(([id]) => id !== task);
  remember(KEPT, JSON.stringify([[task, name], ...rest].slice(0, KEPT_MAX)));
}

/** The name of the file that a task came from, if it came from one here. @param {string} task */
export function nameOf(task) {
  return all().find(([id]) => id === task)?.[1] ?? null;
}
