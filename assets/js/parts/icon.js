// @ts-check
import { html } from '/js/core/view.js';

/** What tells that the server does not answer cannot be asked of it, so it is drawn here. @type {Record<string, string>} */
const DRAWN = {
  warn: 'M8 2 14.5 13.5h-13ZM8 6.5v3M8 11.5v.01',
  offline: 'M2 2l12 12M4 7.5a6 6 0 0 1 2.3-1.3M1.8 5.2A9.5 9.5 0 0 1 4 3.8M12 7.5a6 6 0 0 0-3.3-1.7M14.2 5.2A9.3 9.3 0 0 0 7 2.9M6 10a3 3 0 0 1 3.2-.6M8 13v.01',
};

/** A picture, from the sprite as a rule. It never says anything alone, so it is hidden from a screen reader.
 * @param {{ name: string, variant?: string }} props */
export function Icon({ name, variant }) {
  const names = variant ? `icon icon--${variant}` : 'icon';
  if (!(name in DRAWN)) return html`<svg class=${names} aria-hidden="true"><use href=${`/icons.svg#${name}`} /></svg>`;
  return html`
    <svg class=${names} viewBox="0 0 16 16" aria-hidden="true">
      <path d=${DRAWN[name]} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />
    </svg>`;
}
