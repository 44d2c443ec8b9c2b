// @ts-check
// What the caller can spend, always in view and never old.
import { balance, renewBalance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useEvery, useStore } from '/js/core/state.js';
import { html, useEffect } from '/js/core/view.js';
import { hasScreen } from '/js/frame/navigation.js';
import { Button } from '/js/parts/button.js';
import { Skeleton } from '/js/parts/skeleton.js';

const RENEW_S = 4;

/**
 * Keeps the balance fresh while somebody is here who may see it. A failure shows elsewhere, and the next turn tries again.
 * @param {boolean} may
 */
export function useLiveBalance(may) {
  const renew = () => { if (may) renewBalance().catch(() => {}); };
  useEffect(renew, [may]);
  useEvery(RENEW_S, renew);
}

/** @param {{ onGo?: () => void }} props `onGo` is told before something opens over the wallet */
export function Wallet({ onGo }) {
  const held = useStore(balance);
  const amount = held
    ? html`<b class="wallet__amount num">${number(held.available)}</b> <span class="quiet">${t('credits.unit', { n: held.available })}</span>`
    : html`<${Skeleton} ch=${9} name=${t('wallet.title')} />`;
  return html`
    <section class="wallet" aria-label=${t('wallet.title')}>
      <div>
        <small class="wallet__label">${t('wallet.available')}</small>
        <p>${hasScreen('/credits') ? html`<a class="wallet__link" href="/credits">${amount}</a>` : amount}</p>
        ${held && held.held > 0 && html`<small class="faint num">${t('wallet.held', { credits: credits(held.held) })}</small>`}
      </div>
      <${Button} kind="small wide" onClick=${() => { onGo?.(); openDialog('top_up'); }}>${t('top_up.action')}<//>
    </section>`;
}
