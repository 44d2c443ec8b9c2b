// @ts-check
// Events from the server as they happen.
import { useLayoutEffect, useRef } from '/js/core/view.js';

const RETRY_MS = 2000;

/** Answers after which nothing will come: signed out, not for this reader, gone. */
const FINAL = [401, 403, 404];

/**
 * Listens to a stream of one kind of event. The browser reconnects by itself after a cut; when the server refuses the
 * stream, `onRefused` is told, for then the browser gives up.
 * @param {string} path
 * @param {string} name
 * @param {(data: any) => void} onEvent
 * @param {() => void} onRefused
 * @returns {() => void} stops listening
 */
export function listen(path, name, onEvent, onRefused) {
  const source = new EventSource(path);
  source.addEventListener(name, (event) => onEvent(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) onRefused();
  });
  return () => source.close();
}

/**
 * Follows a thing until it is over, through restarts of the server too. Only a page that is seen holds a stream: a browser
 * opens six connections to a server at once, for all of its tabs together.
 * @template T
 * @param {{ path: string, name: string, find: () => Promise<T>, isOpen: (thing: T) => boolean, onChange: (thing: T) => void }} what
 *   `path` streams events called `name`; `find` reads the thing once.
 * @returns {() => void} stops following
 */
export function follow({ path, name, find, isOpen, onChange }) {
  let close = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let over = false;
  const rest = () => {
    clearTimeout(timer);
    close();
    close = () => {};
  };
  const stop = () => {
    over = true;
    rest();
    document.removeEventListener('visibilitychange', look);
  };
  const see = (/** @type {T} */ thing) => {
    if (over) return;
    if (!isOpen(thing)) stop();
    onChange(thing);
  };
  const open = () => {
    close = listen(path, name, see, () => {
      timer = setTimeout(again, RETRY_MS);
    });
  };
  // Of two that ask at once the later one goes on.
  let turn = 0;
  const again = async () => {
    const mine = ++turn;
    // A plain request says why the stream was refused: signed out, gone, or a server that is not up yet.
    try {
      see(await find());
      if (!over && mine === turn) open();
    } catch (error) {
      if (!over && mine === turn && !FINAL.includes(error.status)) timer = setTimeout(again, RETRY_MS);
    }
  };
  const look = () => {
    rest();
    turn++;
    if (!document.hidden) again();
  };
  document.addEventListener('visibilitychange', look);
  if (!document.hidden) open();
  return stop;
}

/**
 * Follows while `key` names something; another key follows another thing, and `null` nothing.
 * @param {string | null} key
 * @param {(key: string, onChange: (thing: any) => void) => () => void} start begins to follow, and gives what ends it
 * @param {(thing: any) => void} onChange
 */
export function useFollow(key, start, onChange) {
  const latest = useRef(onChange);
  latest.current = onChange;
  useLayoutEffect(() => (key === null ? undefined : start(key, (thing) => latest.current(thing))), [key]);
}
