// @ts-check
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Skeleton } from '/js/parts/skeleton.js';

/** An amount of money with its unit. @param {{ amount: number, signed?: boolean }} props */
export function Credits({ amount, signed = false }) {
  return html`<span class="num">${credits(amount, { signed })}</span>`;
}

/** The same as the figure of a card: a large number and a small unit. @param {{ amount: number, more?: any }} props */
export function BigCredits({ amount, more }) {
  return html`
    <p class="amount num"><span class="amount__number">${number(amount)}</span>
      <span class="amount__unit"> ${t('credits.unit', { n: amount })}${more && html`, ${more}`}</span></p>`;
}

/** The room for such a figure while it is on its way. */
export function BigCreditsComing() {
  return html`<p class="amount"><span class="amount__number"><${Skeleton} ch=${6} /></span></p>`;
}
