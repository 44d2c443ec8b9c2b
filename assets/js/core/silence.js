// @ts-check
// Tells an answer that takes long from a server that has fallen silent. A large file on its way, or a model that is trained
// first, is no silence: the judge is /livez, which costs a living server nothing.
import { store } from '/js/core/state.js';

/** How long an answer may take before anybody wonders. */
const PATIENCE_MS = 8_000;
const PROBE_MS = 4_000;

/** Whether the server answered when it was last asked. */
export const reachable = store(true);

/** How many deeds are on their way: what is sent to change something, and is not answered yet. */
export const deeds = store(0);

/** @type {Promise<boolean> | null} */
let probe = null;

/** Whether anything answers within a few seconds; all who wonder at the same time ask once. */
export function isAlive() {
  const ask = async () => {
    try {
      return (await fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) })).ok;
    } catch {
      return false;
    } finally {
      probe = null;
    }
  };
  probe ??= ask();
  return probe;
}

/**
 * Looks after something that was asked of the server until it is over. If that takes long and /livez is silent too, the
 * server is said not to answer, and `giveUp` ends what can be asked again. Without it this is a deed, which may be done
 * already: it waits on, and is never sent twice.
 * @param {() => void} [giveUp] @returns {() => void} to be called when it is over
 */
export function lookAfter(giveUp) {
  let isOver = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const judge = async () => {
    const isSilent = !(await isAlive());
    if (isOver) return;
    if (isSilent) {
      reachable.set(false);
      giveUp?.();
    }
    timer = setTimeout(judge, PATIENCE_MS);
  };
  timer = setTimeout(judge, reachable.get() ? PATIENCE_MS : PROBE_MS);
  if (!giveUp) deeds.set(deeds.get() + 1);
  return () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if (!giveUp) deeds.set(deeds.get() - 1);
  };
}
