// @ts-check
// What there is to spend, and how that came about over the last month.
import { balance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { credits } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { BalanceLine, useBalanceDays } from '/js/parts/balance-line.js';
import { Button } from '/js/parts/button.js';
import { BigCredits, BigCreditsComing } from '/js/parts/credits.js';
import { Blank, Failure } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

const DAYS = 30;
const HEIGHT = 156;

export function BalanceCard() {
  const held = useStore(balance);
  const { data, error, reload, points } = useBalanceDays(DAYS);
  return html`
    <section class="card" aria-labelledby="balance">
      <div class="card__head card__head--close"><h2 id="balance">${t('home.balance')}</h2><small class="quiet">${t('home.days', { n: DAYS })}</small></div>
      ${held
        ? html`<${BigCredits} amount=${held.available} more=${held.held > 0 && t('home.held', { credits: credits(held.held) })} />`
        : html`<${BigCreditsComing} />`}
      ${data && points.every(({ y }) => y === 0)
        ? html`<${Blank} icon="coin" title=${t('home.no_credits')} text=${t('home.no_credits_text')}
            action=${html`<${Button} kind="small" onClick=${() => openDialog('top_up')}>${t('top_up.action')}<//>`} />`
        : points.length > 1
        ? html`<${BalanceLine} label=${t('home.chart')} points=${points} height=${HEIGHT} heads=${[t('home.day'), t('home.balance')]} />`
        : error ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<div class="chart-room"><${SkeletonBlock} /></div>`}
    </section>`;
}
