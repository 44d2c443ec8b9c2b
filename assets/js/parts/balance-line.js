// @ts-check
// What could be spent at the end of each of the last days, as a line.
import { balance } from '/js/core/balance.js';
import { credits, number, shortDay } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { request } from '/js/core/http.js';
import { useLoad, useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { LineChart } from '/js/parts/chart.js';

/** @typedef {{ x: number, y: number }} Point */

const compact = (/** @type {number} */ value) => number(value, { notation: 'compact', maximumFractionDigits: 1 });
const dayOf = (/** @type {number} */ at) => shortDay(new Date(at).toISOString());

/** The last days; nothing until they are there. @param {number} n_days */
export function useBalanceDays(n_days) {
  const held = useStore(balance);
  // Another balance means another last day.
  const loaded = useLoad(async () => (await request('GET', `/api/balance/days?days=${n_days}`)).items, [n_days, held?.available]);
  // A day of the server is shown as the same day here, wherever here is.
  const points = loaded.data?.map((/** @type {{ day: string, balance: number }} */ one) => ({ x: new Date(`${one.day}T00:00`).getTime(), y: one.balance }));
  return { ...loaded, points: /** @type {Point[]} */ (points ?? []) };
}

/** @param {{ label: string, points: Point[], height: number, heads: [string, string], xTicks?: number }} props */
export function BalanceLine({ label, points, height, heads, xTicks }) {
  return html`<${LineChart} label=${label} points=${points} step height=${height} xFormat=${dayOf} yFormat=${credits} tickFormat=${compact} xTicks=${xTicks} heads=${heads} yTitle=${t('credits.unit', { n: 5 })} />`;
}
