// @ts-check
// Lists that come a page at a time, the newest first.
import { useCallback, useEffect, useRef, useState } from '/js/core/view.js';

/**
 * @template T
 * @typedef {{ items: T[], next_cursor: string | null }} Page
 */

/**
 * `items` is `null` until the first page is there; `next` loads the following page and is `null` on the last.
 * @template T
 * @typedef {{ items: T[] | null, error: any, busy: boolean, reload: () => Promise<void>,
 *   next: (() => void) | null, nextBusy: boolean, nextError: any }} Pages
 */

/**
 * The new first page in front of what was loaded before. If the two do not meet, something is missing between them, and
 * only the new page can be shown.
 * @param {any[]} old @param {Page<any>} page @param {string | null} cursor
 */
function joined(old, page, cursor) {
  const ids = new Set(page.items.map(({ id }) => id));
  if (!old.some(({ id }) => ids.has(id))) return { items: page.items, cursor: page.next_cursor };
  const rest = old.filter(({ id }) => !ids.has(id));
  // An item that is gone from the list would stand among those after it if it was on the first page.
  const meets = old.findLastIndex(({ id }) => ids.has(id));
  const behind = rest.filter((item) => old.indexOf(item) > meets);
  return { items: [...page.items, ...behind], cursor: behind.length ? cursor : page.next_cursor };
}

/**
 * Loads the first page when the component appears and when `keys` change. Until the page of the new keys is there the old
 * one stands, so that nothing jumps; `busy` tells.
 * @template {{ id: string }} T
 * @param {(cursor: string | null) => Promise<Page<T>>} load
 * @param {any[]} [keys]
 * @returns {Pages<T>}
 */
export function usePages(load, keys = []) {
  const [state, setState] = useState({
    items: /** @type {T[] | null} */ (null), cursor: /** @type {string | null} */ (null), error: /** @type {any} */ (null), busy: true,
  });
  const [next, setNext] = useState({ busy: false, error: /** @type {any} */ (null) });
  const turn = useRef(0);
  const asked = useRef(false);
  const latest = useRef(load);
  latest.current = load;

  const read = async (/** @type {boolean} */ afresh) => {
    // Only the last call may speak: an earlier and slower answer would bring back old data.
    const mine = ++turn.current;
    setState((old) => ({ ...old, busy: true }));
    try {
      const page = await latest.current(null);
      if (mine !== turn.current) return;
      setState((old) => ({ ...joined(afresh ? [] : old.items ?? [], page, old.cursor), error: null, busy: false }));
      if (afresh) setNext({ busy: false, error: null });
    } catch (error) {
      // Rows that answer another question must not stand beside the failure.
      if (mine === turn.current) setState((old) => ({ items: afresh ? null : old.items, cursor: afresh ? null : old.cursor, error, busy: false }));
    }
  };
  const reload = useCallback(() => read(false), keys);
  useEffect(() => {
    read(true);
    return () => { turn.current++; };
  }, keys);

  const more = async () => {
    const { cursor } = state;
    if (asked.current || !cursor) return;
    asked.current = true;
    setNext({ busy: true, error: null });
    try {
      const page = await latest.current(cursor);
      // Under another cursor the list is another one by now.
      setState((old) => (old.cursor === cursor
        ? { ...old, items: [...(old.items ?? []), ...page.items], cursor: page.next_cursor } : old));
      setNext({ busy: false, error: null });
    } catch (error) {
      setNext({ busy: false, error });
    }
    asked.current = false;
  };

  return { ...state, reload, next: state.cursor ? more : null, nextBusy: next.busy, nextError: next.error };
}
