// @ts-check
// The server that gave this page, live.
import { duration } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { health } from '/js/core/server.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { Badge } from '/js/parts/badge.js';
import { Facts } from '/js/parts/facts.js';
import { Failure } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';

const RENEW_S = 10;
const CHECKS = ['database', 'disk', 'jobs', 'accounts'];

/** Seconds that tick on from the last answer. @param {number | undefined} base_s */
function useTicking(base_s) {
  const [more_s, setMore] = useState(0);
  useEffect(() => {
    const since_ms = performance.now();
    setMore(0);
    const timer = setInterval(() => setMore((performance.now() - since_ms) / 1000), 1000);
    return () => clearInterval(timer);
  }, [base_s]);
  return base_s === undefined ? undefined : base_s + more_s;
}

/** @param {{ floats?: boolean }} props */
export function ThisServer({ floats = false }) {
  const { data, error, reload } = useLoad(health);
  useEvery(RENEW_S, reload);
  const uptime_s = useTicking(data?.uptime_s);
  // A state that is no longer known is not shown as if it were.
  const lost = error?.status === 0;
  const checks = data?.checks ?? CHECKS.map((name) => ({ name, status: '', detail: null }));
  return html`
    <section class=${floats ? 'card card--float' : 'card'} aria-labelledby="this-server">
      <div class="card__head">
        <h2 id="this-server">${t('server.title')}</h2>
        ${data || lost ? html`<${Badge} status=${lost ? 'unreachable' : data?.status} />` : html`<${Skeleton} ch=${5} />`}
      </div>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />` : html`
        <${Facts} rows=${[
          { name: t('server.address'), value: location.host },
          { name: t('server.version'), value: data?.version },
          { name: t('server.uptime'), value: lost ? '–' : uptime_s !== undefined && duration(uptime_s) },
          ...checks.map((check) => ({
            name: tOr(`check.${check.name}`, check.name),
            detail: check.detail,
            value: check.status && html`<${Badge} status=${lost ? 'unreachable' : check.status} />`,
          })),
        ]} />`}
    </section>`;
}
