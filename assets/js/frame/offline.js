// @ts-check
// The banner of a server that does not answer. It asks until it does, and goes away by itself.
import { announce } from '/js/core/a11y.js';
import { t } from '/js/core/i18n.js';
import { untilAlive } from '/js/core/server.js';
import { deeds, reachable } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect } from '/js/core/view.js';
import { Wheel } from '/js/parts/wheel.js';

export function Offline() {
  const up = useStore(reachable);
  const isSent = useStore(deeds) > 0;
  useEffect(() => {
    if (up) return undefined;
    const stop = new AbortController();
    untilAlive(stop.signal).then(() => {
      if (!stop.signal.aborted) announce(t('offline.back'));
    });
    return () => stop.abort();
  }, [up]);
  // A picture from the sprite might have to be asked of the very server that does not answer.
  return !up && html`<div class="notice notice--float"><${Wheel} /><span>${t(isSent ? 'offline.sent' : 'offline.text')}</span></div>`;
}
