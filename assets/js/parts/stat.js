// @ts-check
import { html } from '/js/core/view.js';
import { Skeleton } from '/js/parts/skeleton.js';

/** A strip of figures. @param {{ figures: { name: string, value?: string, more?: string }[] }} props */
export function Stat({ figures }) {
  return html`
    <dl class="stat">
      ${figures.map(({ name, value, more }) => html`
        <div class="stat__piece" key=${name}>
          <dt class="stat__name">${name}</dt>
          <dd class="stat__value">${value ?? html`<${Skeleton} ch=${5} />`}</dd>
          ${more && html`<dd class="stat__more">${more}</dd>`}
        </div>`)}
    </dl>`;
}
