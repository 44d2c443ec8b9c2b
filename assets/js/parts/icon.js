// @ts-check
import { html } from '/js/core/view.js';

/** A picture from the sprite. It never says anything alone, so it is hidden from a screen reader.
 * @param {{ name: string, variant?: string }} props */
export function Icon({ name, variant }) {
  const names = variant ? `icon icon--${variant}` : 'icon';
  return html`<svg class=${names} aria-hidden="true"><use href=${`/icons.svg#${name}`} /></svg>`;
}
