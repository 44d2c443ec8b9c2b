// @ts-check
// The state of the service for those who run it.
import { duration, number, size } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import * as jobs from '/js/core/jobs.js';
import { health } from '/js/core/server.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { findSystem } from '/js/admin/api.js';
import { Backup } from '/js/admin/backup.js';
import { DataCheck } from '/js/admin/data-check.js';
import { JobTable } from '/js/admin/job-table.js';
import { AsSaid } from '/js/parts/as-said.js';
import { Badge } from '/js/parts/badge.js';
import { Facts } from '/js/parts/facts.js';
import { Failure, Notice, Stale } from '/js/parts/notice.js';
import { Stat } from '/js/parts/stat.js';
import { Time } from '/js/parts/time.js';

const RENEW_S = 5;
const JOBS_LIMIT = 6;
const STATUSES = /** @type {const} */ (['queued', 'running', 'succeeded', 'cancelled', 'dead']);
const CHECKS = ['database', 'disk', 'jobs', 'accounts'];

/** @typedef {import('/js/core/state.js').Loaded<any>} Loaded */

/** @param {{ title: string, badge?: any, source: Loaded, children?: any }} props */
function Panel({ title, badge, source, children }) {
  return html`
    <section class="card">
      <div class="card__head"><h2>${title}</h2>${badge}</div>
      ${source.error && !source.data ? html`<${Failure} error=${source.error} retry=${source.reload} />` : children}
    </section>`;
}

/** @param {{ source: Loaded }} props */
function Readiness({ source }) {
  const checks = source.data?.checks ?? CHECKS.map((name) => ({ name }));
  return html`
    <${Panel} title=${t('system.readiness')} source=${source}
      badge=${source.data && html`<${Badge} status=${source.data.status} />`}>
      <${Facts} rows=${checks.map((/** @type {any} */ check) => ({
        name: tOr(`check.${check.name}`, check.name),
        detail: check.detail && html`${tOr(`check.failing.${check.name}`, '')} <${AsSaid} text=${check.detail} />`,
        value: check.status ? html`<${Badge} status=${check.status} />` : undefined,
      }))} />
    <//>`;
}

/** @param {{ source: Loaded }} props */
function JobCounts({ source }) {
  const counts = source.data?.jobs;
  return html`
    <${Panel} title=${t('system.jobs')} source=${source}>
      <${Facts} rows=${STATUSES.map((status) => ({
        name: t(`status.${status}`), value: counts && t('jobs.count', { n: counts[status], count: number(counts[status]) }),
      }))} />
    <//>`;
}

/** @param {import('/js/admin/api.js').System} system */
function files({ blob_count, blob_bytes }) {
  return t('system.files_value', { n: blob_count, count: number(blob_count), size: size(blob_bytes) });
}

/** @param {number} mean */
function group(mean) {
  // The word agrees with the rounded number, for that is the one being read.
  return t('system.group_value', { n: Number(mean.toFixed(1)), count: number(mean, { maximumFractionDigits: 1 }) });
}

/** @param {{ source: Loaded }} props */
function Storage({ source }) {
  const { data } = source;
  return html`
    <${Panel} title=${t('system.storage')} source=${source}>
      <${Facts} rows=${[
        { name: t('system.files'), value: data && files(data) },
        { name: t('system.commits'), value: data && number(data.writer.commits) },
        { name: t('system.group'), value: data && group(data.writer.mean_group_size) },
        { name: t('system.queue'), value: data && number(data.writer.queue_depth) },
        { name: t('system.memory'), value: data && (data.memory_bytes === null ? '–' : size(data.memory_bytes)) },
        { name: t('system.started'), value: data && html`<${Time} at=${data.started_at} />` },
      ]} />
    <//>`;
}

export default function SystemScreen() {
  const system = useLoad(findSystem);
  const ready = useLoad(health);
  const recent = useLoad(() => jobs.list({ limit: JOBS_LIMIT }));
  const renew = () => { system.reload(); ready.reload(); recent.reload(); };
  useEvery(RENEW_S, renew);
  const { data } = system;
  // A figure that is not known is not a figure that is still coming.
  const unknown = system.error ? '–' : undefined;
  const stale = [system, ready, recent].find(({ data: old, error }) => old && error);
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.system')}</h1><p>${t('system.lede')}</p></div></div>
      ${data?.is_insecure && html`<${Notice} kind="warn">${t('system.insecure')}<//>`}
      ${stale && html`<${Stale} error=${stale.error} retry=${renew} />`}
      <${Stat} figures=${[
        { name: t('server.version'), value: data ? data.version : unknown },
        { name: t('server.uptime'), value: data ? duration(data.uptime_s) : unknown },
        { name: t('system.database'), value: data ? size(data.database_bytes) : unknown },
        { name: t('system.free'), value: !data ? unknown : data.data_folder_bytes_free === null ? '–' : size(data.data_folder_bytes_free) },
      ]} />
      <div class="page__two">
        <div class="page__stack">
          <${DataCheck} recent=${recent} onChange=${renew} />
          <${Backup} source=${system} />
          <${JobTable} recent=${recent} limit=${JOBS_LIMIT} />
        </div>
        <div class="page__stack">
          <${Readiness} source=${ready} />
          ${(data || !system.error) && html`<${JobCounts} source=${system} />`}
          <${Storage} source=${system} />
        </div>
      </div>
    </div>`;
}
