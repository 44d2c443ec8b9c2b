// @ts-check
// What is started by a hand and done once at a time, however often the hand comes down.
import { useLayoutEffect, useRef, useState } from '/js/core/view.js';

/**
 * The same deed, but a call does nothing while an earlier one is under way.
 * @template {any[]} A
 * @param {(...given: A) => any} act
 * @returns {(...given: A) => Promise<void>}
 */
export function once(act) {
  let isUnderWay = false;
  return async (...given) => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await act(...given);
    } finally {
      isUnderWay = false;
    }
  };
}

/**
 * A deed of a component. The mark that stops a second call is plain, for a state comes too late for the second click of a
 * double click. `of` is what it is done to while it is `busy` (the first thing given), `error` why it last was not done.
 * @template {any[]} A
 * @param {(...given: A) => any} act
 * @param {(error: any) => void} [onError]
 */
export function useAction(act, onError) {
  const [state, setState] = useState({ busy: false, of: /** @type {A[0] | null} */ (null), error: /** @type {any} */ (null) });
  const latest = useRef({ act, onError });
  latest.current = { act, onError };
  const isUnderWay = useRef(false);
  const run = useRef(once(async (/** @type {A} */ ...given) => {
    isUnderWay.current = true;
    setState({ busy: true, of: given[0] ?? null, error: null });
    let error = null;
    try {
      await latest.current.act(...given);
    } catch (cause) {
      error = cause;
    }
    isUnderWay.current = false;
    setState({ busy: false, of: null, error });
    if (error) latest.current.onError?.(error);
  }));
  return { ...state, run: run.current, isUnderWay };
}

/** Whether the component is gone by now: a deed goes on without the dialog that it was sent from. */
export function useGone() {
  const isGone = useRef(false);
  useLayoutEffect(() => () => { isGone.current = true; }, []);
  return isGone;
}
