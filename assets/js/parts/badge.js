// @ts-check
import { tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';

const LOOKS = {
  ok: 'good', succeeded: 'good', ready: 'good',
  failing: 'bad', violated: 'bad', dead: 'bad', error: 'bad', unreachable: 'bad',
  degraded: 'warn', warning: 'warn', cancelled: '',
  running: 'info', queued: '',
};

/** A state of anything in one word. @param {{ status: string }} props */
export function Badge({ status }) {
  const look = LOOKS[/** @type {keyof typeof LOOKS} */ (status)];
  return html`<span class=${look ? `badge badge--${look}` : 'badge'}>${tOr(`status.${status}`, status)}</span>`;
}
