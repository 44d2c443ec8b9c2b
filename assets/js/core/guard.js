// @ts-check
// Forms that were begun and not sent: leaving them asks first.
import { store } from '/js/core/state.js';
import { useLayoutEffect, useRef } from '/js/core/view.js';

/** Each says whether something would be lost. @type {Set<() => boolean>} */
const guards = new Set();

/** The question on the screen, with what to do with its answer. @type {import('/js/core/state.js').Store<((leave: boolean) => void) | null>} */
export const question = store(/** @type {any} */ (null));

function isSomethingLost() {
  return [...guards].some((guard) => guard());
}

/**
 * Whether this screen may be left: at once if nothing would be lost, else once the reader has answered. A dialog asks for
 * what would be lost with it alone.
 * @param {() => boolean} [isLost] @returns {true | Promise<boolean>}
 */
export function mayLeave(isLost = isSomethingLost) {
  if (!isLost()) return true;
  // The question is on the screen already, and is answered there.
  if (question.get()) return Promise.resolve(false);
  return new Promise((answer) => {
    question.set((leave) => {
      question.set(null);
      answer(leave);
    });
  });
}

/** Takes the question back, for what it is about is gone. */
export function withdrawQuestion() {
  question.get()?.(false);
}

/** Asks before this screen is left while `isDirty` says so. @param {() => boolean} isDirty */
export function useGuard(isDirty) {
  const latest = useRef(isDirty);
  latest.current = isDirty;
  // At once, and not after the next frame: whoever is quick would be asked about a form that is gone.
  useLayoutEffect(() => {
    const guard = () => latest.current();
    guards.add(guard);
    return () => { guards.delete(guard); };
  }, []);
}

addEventListener('beforeunload', (event) => {
  if (isSomethingLost()) event.preventDefault();
});
