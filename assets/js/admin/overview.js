// @ts-check
// The server at a glance for those who run it: who is here, what they spend, how the machine does.
import { duration, credits, number, shortDay, size } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import * as jobs from '/js/core/jobs.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { findFigures, findSystem, listAudit } from '/js/admin/api.js';
import { auditColumns } from '/js/admin/audit-columns.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { BarChart } from '/js/parts/chart.js';
import { Facts } from '/js/parts/facts.js';
import { Failure, Notice, Stale } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';
import { Stat } from '/js/parts/stat.js';
import { Table } from '/js/parts/table.js';
import { Time } from '/js/parts/time.js';

const RENEW_S = 15;
const LINES = 6;
/** As tall as the room that is held for a chart. */
const HEIGHT = 156;
const JOBS_SEEN = 20;

/** @typedef {import('/js/core/state.js').Loaded<any>} Loaded */

/** @param {{ title: string, source: Loaded, days: { day: string, value: number }[] | undefined, format: (value: number) => string, head: string, unit: string }} props */
function ByDay({ title, source, days, format, head, unit }) {
  // Noon, so that no time zone makes it the day before.
  const bars = days?.map(({ day, value }) => ({ label: shortDay(`${day}T12:00:00Z`), value }));
  return html`
    <section class="card">
      <div class="card__head"><h2>${title}</h2><small class="faint">${t('overview.days')}</small></div>
      ${source.error && !source.data ? html`<${Failure} error=${source.error} retry=${source.reload} />`
        : bars?.every(({ value }) => value === 0) ? html`<div class="chart-room"><p class="chart-room__none">${t('overview.nothing')}</p></div>`
        : bars ? html`<${BarChart} label=${title} bars=${bars} yFormat=${format} tickFormat=${number} heads=${[t('overview.day'), head]} height=${HEIGHT} xTicks=${4} yTitle=${unit} />`
        : html`<div class="chart-room"><${SkeletonBlock} /></div>`}
    </section>`;
}

/** @param {{ system: Loaded, checked: Loaded }} props */
function Machine({ system, checked }) {
  const { data } = system;
  const job = checked.data?.items.find((/** @type {any} */ one) => one.kind === 'check');
  const bad = job?.result?.lines?.some((/** @type {any} */ { status }) => status !== 'ok');
  return html`
    <section class="card">
      <div class="card__head"><h2>${t('overview.server')}</h2><${Button} kind="small" href="/system">${t('title.system')}<//></div>
      ${system.error && !data ? html`<${Failure} error=${system.error} retry=${system.reload} />` : html`
        <${Facts} rows=${[
          {
            name: t('overview.check'), detail: job?.finished_at ? html`<${Time} at=${job.finished_at} />` : null,
            value: checked.data && (!job ? html`<span class="faint">${t('overview.never')}</span>`
              : html`<${Badge} status=${job.status !== 'succeeded' ? job.status : bad ? 'violated' : 'ok'} />`),
          },
          { name: t('overview.uptime'), value: data && duration(data.uptime_s) },
          { name: t('overview.memory'), value: data && (data.memory_bytes === null ? '–' : size(data.memory_bytes)) },
          { name: t('overview.free'), value: data && (data.data_folder_bytes_free === null ? '–' : size(data.data_folder_bytes_free)) },
          { name: t('overview.database'), value: data && size(data.database_bytes) },
          { name: t('overview.commits'), value: data && number(data.writer.commits) },
          { name: t('overview.jobs'), value: data && t('overview.jobs_value', { running: number(data.jobs.running), queued: number(data.jobs.queued) }) },
          { name: t('overview.failures'), value: data && number(data.failed_requests) },
        ]} />`}
    </section>`;
}

/** @param {{ source: Loaded }} props */
function Deeds({ source: { data, error, reload } }) {
  return html`
    <section class="card card--table">
      <div class="card__head"><h2>${t('overview.deeds')}</h2><${Button} kind="small" href="/admin/audit">${t('title.audit')}<//></div>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<${Table} label=${t('overview.deeds')} columns=${auditColumns(false)} rows=${data?.items ?? null} n=${LINES} />`}
    </section>`;
}

/** @param {import('/js/admin/api.js').Figures | null} figures @param {Loaded} source */
function summary(figures, source) {
  // A figure that is not known is not a figure that is still coming.
  const figure = (/** @type {string} */ unit, /** @type {(known: import('/js/admin/api.js').Figures) => number} */ of) => {
    if (!figures) return { value: source.error ? '–' : undefined };
    const n = of(figures);
    return { value: number(n), unit: t(unit, { n }) };
  };
  const coming = source.error ? undefined : null;
  const sum = (/** @type {any[]} */ days, /** @type {string} */ name) => days.reduce((all, day) => all + day[name], 0);
  return [
    { name: t('overview.users'), ...figure('accounts.unit', ({ users }) => users.active), more: figures ? t('overview.today', { n: figures.users.active_today, count: number(figures.users.active_today) }) : coming },
    { name: t('overview.available'), ...figure('credits.unit', ({ credits_available }) => credits_available), more: figures ? t('overview.held', { credits: credits(figures.credits_held) }) : coming },
    { name: t('overview.spent'), ...figure('credits.unit', ({ credits_by_day }) => sum(credits_by_day, 'spent')), more: t('overview.in_days') },
    { name: t('overview.rows'), ...figure('rows.unit', ({ tasks_by_day }) => sum(tasks_by_day, 'n_predicted')), more: t('overview.in_days') },
  ];
}

export default function Overview() {
  const figures = useLoad(findFigures);
  const system = useLoad(findSystem);
  const audit = useLoad(() => listAudit({ limit: LINES }));
  const checked = useLoad(() => jobs.list({ limit: JOBS_SEEN }));
  const sources = [figures, system, audit, checked];
  const renew = () => { for (const source of sources) source.reload(); };
  useEvery(RENEW_S, renew);
  const stale = sources.find(({ data, error }) => data && error);
  const { data } = figures;
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.admin')}</h1><p>${t('overview.lede')}</p></div></div>
      ${system.data?.is_insecure && html`<${Notice} kind="warn">${t('system.insecure')}<//>`}
      ${stale && html`<${Stale} error=${stale.error} retry=${renew} />`}
      <${Stat} figures=${summary(data, figures)} />
      <div class="page__two page__two--even">
        <${ByDay} title=${t('overview.spent_by_day')} source=${figures} format=${credits} head=${t('overview.spent')} unit=${t('credits.unit', { n: 5 })}
          days=${data?.credits_by_day.map(({ day, spent }) => ({ day, value: spent }))} />
        <${ByDay} title=${t('overview.tasks_by_day')} source=${figures} head=${t('overview.tasks')} unit=${t('tasks.unit', { n: 5 })}
          format=${(/** @type {number} */ n) => `${number(n)} ${t('tasks.unit', { n })}`}
          days=${data?.tasks_by_day.map(({ day, queued, running, succeeded, failed, cancelled }) => ({ day, value: queued + running + succeeded + failed + cancelled }))} />
      </div>
      <div class="page__two page__two--level"><${Deeds} source=${audit} /><${Machine} system=${system} checked=${checked} /></div>
    </div>`;
}
