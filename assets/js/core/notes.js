// @ts-check
// What the server is not told about tasks and a person would miss after a reload: this browser notes it for the last ones.
import { recall, remember } from '/js/core/state.js';

const TASKS_MAX = 60;

/** @template T @typedef {{ find: (task: string) => T | null, keep: (task: string, note: T) => void }} Notes by task */

/** Notes of one kind. @template T @param {string} kind @returns {Notes<T>} */
function notes(kind) {
  const all = () => {
    try {
      const list = JSON.parse(recall(kind) ?? '[]');
      return Array.isArray(list) ? list : [];
    } catch {
      return [];
    }
  };
  return {
    find: (task) => all().find(([id]) => id === task)?.[1] ?? null,
    keep(task, note) {
      const rest = all().filter(([id]) => id !== task);
      remember(kind, JSON.stringify([[task, note], ...rest].slice(0, TASKS_MAX)));
    },
  };
}

/** The name of the file that a task came from. @type {Notes<string>} */
export const fileNames = notes('file_names');

/** Which of a task's rejected rows were mended and sent again, by their numbers. @type {Notes<string[]>} */
export const sentAgain = notes('sent_again');
