// @ts-check
import { tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';

const LOOKS = {
  ok: 'good', succeeded: 'good', ready: 'good', active: 'good',
  failing: 'bad', violated: 'bad', dead: 'bad', error: 'bad', unreachable: 'bad', failed: 'bad', disabled: 'bad',
  degraded: 'warn', warning: 'warn', cancelled: '', closed: '',
  running: 'info', training: 'info', queued: '',
};

/** A state of anything in one word; what is under way pulses. @param {{ status: string }} props */
export function Badge({ status }) {
  const look = LOOKS[/** @type {keyof typeof LOOKS} */ (status)];
  const names = ['badge', look && `badge--${look}`, (status === 'running' || status === 'training') && 'badge--live'].filter(Boolean).join(' ');
  return html`<span class=${names}>${tOr(`status.${status}`, status)}</span>`;
}
