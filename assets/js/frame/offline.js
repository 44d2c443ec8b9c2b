// @ts-check
// The banner of a server that does not answer, or cannot be asked. It asks until it answers, and goes away by itself.
import { announce } from '/js/core/a11y.js';
import { t } from '/js/core/i18n.js';
import { untilAlive } from '/js/core/server.js';
import { deeds, reachable } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { Wheel } from '/js/parts/wheel.js';

/** Whether this device has a network, as far as the browser knows. A server on the same device needs none. */
function useOnline() {
  const [isOnline, setIsOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setIsOnline(navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return isOnline;
}

export function Offline() {
  const up = useStore(reachable);
  const isSent = useStore(deeds) > 0;
  const isOnline = useOnline();
  useEffect(() => {
    if (up) return undefined;
    const stop = new AbortController();
    untilAlive(stop.signal).then(() => {
      if (!stop.signal.aborted) announce(t('offline.back'));
    });
    return () => stop.abort();
    // Another network is asked at once, and not when the next wait is over.
  }, [up, isOnline]);
  // A picture from the sprite might have to be asked of the very server that does not answer.
  return !up && html`<div class="notice notice--float"><${Wheel} /><span>${t(!isOnline ? 'offline.device' : isSent ? 'offline.sent' : 'offline.text')}</span></div>`;
}
