// @ts-check
// What there is to spend, and what there was at the end of each day.
import { balance } from '/js/core/balance.js';
import { useFilters } from '/js/core/filters.js';
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { BalanceLine, useBalanceDays } from '/js/parts/balance-line.js';
import { BigCredits, BigCreditsComing } from '/js/parts/credits.js';
import { Failure } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

const SPANS = ['7', '30', '90'];
const HEIGHT = 190;

export function BalanceDays() {
  const held = useStore(balance);
  const [{ days }, setFilters] = useFilters({ days: '30' }, { days: SPANS });
  const { points, error, busy, reload } = useBalanceDays(Number(days));
  return html`
    <section class="card">
      <div class="card__head">
        <h2>${t('wallet.title')}</h2>
        <div class="chips" role="group" aria-label=${t('credits_page.span')}>
          ${SPANS.map((value) => html`
            <button class="chip num" key=${value} type="button" aria-pressed=${value === days ? 'true' : 'false'}
              onClick=${() => setFilters({ days: value })}>${t('credits_page.days', { n: Number(value) })}</button>`)}
        </div>
      </div>
      ${held
        ? html`<${BigCredits} amount=${held.available} more=${held.held > 0 && t('wallet.held', { n: held.held, count: number(held.held) })} />`
        : html`<${BigCreditsComing} />`}
      <div class="chart-room chart-room--tall" aria-busy=${busy ? 'true' : undefined}>
        ${points.length > 1
          ? html`<${BalanceLine} label=${t('credits_page.chart')} points=${points} height=${HEIGHT} xTicks=${6} heads=${[t('credits_page.day'), t('wallet.title')]} />`
          : error ? html`<${Failure} error=${error} retry=${reload} />`
          : html`<${SkeletonBlock} />`}
      </div>
    </section>`;
}
