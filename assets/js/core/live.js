// @ts-check
// Events from the server as they happen.

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
