// @ts-check
import { html } from '/js/core/view.js';
import { Skeleton } from '/js/parts/skeleton.js';

/**
 * Names with their values. A row without a value is still being loaded.
 * @param {{ rows: { name: string, value?: any, detail?: string | null }[] }} props
 */
export function Facts({ rows }) {
  return html`
    <dl class="facts">
      ${rows.map(({ name, value, detail }, place) => html`
        <div class="facts__row" key=${name}>
          <dt class="facts__name">${name}${detail && html`<span class="facts__detail">${detail}</span>`}</dt>
          <dd class="facts__value">${value || html`<${Skeleton} ch=${6 + (place % 3) * 2} />`}</dd>
        </div>`)}
    </dl>`;
}
