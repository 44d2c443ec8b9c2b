// @ts-check
// Values that more than one component looks at, and data that comes from the server.
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from '/js/core/view.js';

/**
 * @template T
 * @typedef {{ get: () => T, set: (value: T) => void, subscribe: (listener: () => void) => () => void }} Store
 */

/**
 * A value with listeners.
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function store(value) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * The value of a store; the component draws again when it changes.
 * @template T
 * @param {Store<T>} source
 * @returns {T}
 */
export function useStore(source) {
  const [, redraw] = useReducer((n) => n + 1, 0);
  useLayoutEffect(() => source.subscribe(redraw), [source]);
  return source.get();
}

/**
 * @template T
 * @typedef {{ data: T | null, error: any, busy: boolean, reload: () => Promise<void> }} Loaded
 */

/**
 * Loads when the component appears and when `keys` change. A reload keeps the data that is on the screen until the new
 * data is there, and a failed reload keeps it too: `data` and `error` together are the partial state.
 * @template T
 * @param {() => Promise<T>} load
 * @param {any[]} [keys]
 * @returns {Loaded<T>}
 */
export function useLoad(load, keys = []) {
  const [state, setState] = useState({ data: null, error: null, busy: true });
  const turn = useRef(0);
  const reload = useCallback(async () => {
    // Only the last call may speak: an earlier and slower answer would bring back old data.
    const mine = ++turn.current;
    setState((old) => ({ ...old, busy: true }));
    try {
      const data = await load();
      if (mine === turn.current) setState({ data, error: null, busy: false });
    } catch (error) {
      if (mine === turn.current) setState((old) => ({ data: old.data, error, busy: false }));
    }
  }, keys);
  useEffect(() => {
    reload();
    return () => { turn.current++; };
  }, [reload]);
  return { ...state, reload };
}

/**
 * Calls `act` every so often while the page can be seen, and at once when it comes back into view.
 * @param {number} period_s
 * @param {() => void} act
 */
export function useEvery(period_s, act) {
  const latest = useRef(act);
  latest.current = act;
  // At once: what is gone asks for nothing more.
  useLayoutEffect(() => {
    const visible = () => { if (!document.hidden) latest.current(); };
    const timer = setInterval(visible, period_s * 1000);
    document.addEventListener('visibilitychange', visible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', visible);
    };
  }, [period_s]);
}

/** Reads a remembered choice. A browser may refuse storage; then there is none. @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(`cellar.${name}`);
  } catch {
    return null;
  }
}

/** Forgets all that this browser remembers but these. @param {string[]} names */
export function forgetAllBut(names) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith('cellar.') && !names.includes(key.slice('cellar.'.length)));
    for (const key of keys) localStorage.removeItem(key);
  } catch {
    // Where there is no storage nothing was remembered.
  }
}

/** Remembers a choice in this browser; `null` forgets it. @param {string} name @param {string | null} value */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`cellar.${name}`);
    else localStorage.setItem(`cellar.${name}`, value);
  } catch {
    // Without storage the choice holds until the page is closed, which is all that can be done.
  }
}
