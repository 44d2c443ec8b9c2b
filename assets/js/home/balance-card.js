// @ts-check
// What there is to spend, and how that came about over the last month.
import { balance } from '/js/core/balance.js';
import { credits, number, shortDay } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useLoad, useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { listBalanceDays } from '/js/home/api.js';
import { LineChart } from '/js/parts/chart.js';
import { BigCredits } from '/js/parts/credits.js';
import { Blank, Failure } from '/js/parts/notice.js';
import { Skeleton, SkeletonBlock } from '/js/parts/skeleton.js';

const DAYS = 30;
const DAYS_MIN = 7;
const compact = (/** @type {number} */ value) => number(value, { notation: 'compact', maximumFractionDigits: 1 });

/** The days from the last one before there was anything; a line of nothing but zeros says nothing. @param {{ day: string, balance: number }[]} days */
function sinceBegin(days) {
  const begin = days.findIndex(({ balance: amount }) => amount !== 0);
  return days.slice(Math.min(Math.max(0, begin - 1), Math.max(0, days.length - DAYS_MIN)));
}

export function BalanceCard() {
  const held = useStore(balance);
  // Another balance means another last day.
  const { data, error, reload } = useLoad(() => listBalanceDays(DAYS), [held?.available]);
  const days = sinceBegin(data ?? []);
  // A day of the server is shown as the same day here, wherever here is.
  const points = days.map(({ day, balance: amount }) => ({ x: new Date(`${day}T00:00`).getTime(), y: amount }));
  return html`
    <section class="card" aria-labelledby="balance">
      <div class="card__head card__head--close"><h2 id="balance">${t('home.balance')}</h2><small class="quiet">${t('home.days', { n: days.length || DAYS })}</small></div>
      ${held
        ? html`<${BigCredits} amount=${held.available} more=${held.held > 0 && t('home.held', { count: number(held.held) })} />`
        : html`<p class="amount"><${Skeleton} ch=${14} /></p>`}
      ${data && points.every(({ y }) => y === 0)
        ? html`<${Blank} icon="coin" title=${t('home.no_credits')} text=${t('home.no_credits_text')} />`
        : points.length > 1
        ? html`<${LineChart} label=${t('home.chart')} points=${points} step height=${156} xFormat=${(/** @type {number} */ at) => shortDay(new Date(at).toISOString())}
            yFormat=${credits} tickFormat=${compact} heads=${[t('home.day'), t('home.balance')]} />`
        : error ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<div class="chart-room"><${SkeletonBlock} /></div>`}
    </section>`;
}
