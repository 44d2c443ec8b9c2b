// @ts-check
import { html } from '/js/core/view.js';
import { Skeleton } from '/js/parts/skeleton.js';

/** A strip of figures; `more` is `null` while it is on its way. @param {{ figures: { name: string, value?: any, unit?: string, more?: string | null, tone?: 'bad' }[] }} props */
export function Stat({ figures }) {
  return html`
    <dl class="stat">
      ${figures.map(({ name, value, unit, more, tone }) => html`
        <div class="stat__piece" key=${name}>
          <dt class="stat__name">${name}</dt>
          <dd class=${tone ? `stat__value stat__value--${tone}` : 'stat__value'}>${value ?? html`<${Skeleton} ch=${5} />`}${value && unit && html` <span class="stat__unit">${unit}</span>`}</dd>
          ${(more || more === null) && html`<dd class="stat__more">${more ?? html`<${Skeleton} ch=${8} />`}</dd>`}
        </div>`)}
    </dl>`;
}
