// @ts-check
import { percent } from '/js/core/format.js';
import { html } from '/js/core/view.js';

/** How far something is. @param {{ share: number, label: string, message?: string | null }} props */
export function Progress({ share, label, message }) {
  const bounded = Math.min(1, Math.max(0, share));
  return html`
    <div class="progress">
      <div class="progress__line"><span>${message || label}</span><span class="num quiet">${percent(bounded)}</span></div>
      <div class="progress__track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${Math.round(bounded * 100)}>
        <div class="progress__fill" style=${{ width: `${bounded * 100}%` }}></div>
      </div>
    </div>`;
}
