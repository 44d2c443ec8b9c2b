// @ts-check
// Background jobs, the newest first.
import { useAction } from '/js/core/action.js';
import { number, percent } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import * as jobs from '/js/core/jobs.js';
import { html, useState } from '/js/core/view.js';
import { doing } from '/js/admin/data-check.js';
import { AsSaid } from '/js/parts/as-said.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Blank, Failure, Problem } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/core/jobs.js').Job} Job */

/** @param {{ job: Job | null }} props */
function Row({ job }) {
  const grey = html`<${Skeleton} ch=${9} />`;
  const note = job && (job.error ? html`<${AsSaid} text=${job.error} />` : doing(job) ?? (job.status === 'running' ? percent(job.progress) : null));
  return html`
    <tr>
      <td>
        ${job ? html`<span class="table__main">${tOr(`job.${job.kind}`, job.kind)}</span>` : grey}
        ${note && html`<span class="table__more">${note}</span>`}
      </td>
      <td class="table__aside">${job ? html`<${Badge} status=${job.status} />` : grey}</td>
      <td data-label=${t('jobs.attempt')} class="table__right">
        ${job ? t('jobs.attempt_value', { n: number(job.attempt), of: number(job.attempts_max) }) : grey}
      </td>
      <td class="table__right table__aside quiet">
        ${job ? html`<${Time} at=${job.finished_at ?? job.started_at ?? job.created_at} />` : grey}
      </td>
    </tr>`;
}

/** The pages after the first, which the reader asked for. @param {number} limit */
function useMore(limit) {
  /** @type {{ items: Job[], cursor: string | null | undefined }} */
  const none = { items: [], cursor: undefined };
  const [more, setMore] = useState(none);
  const { run, busy, error } = useAction(async (/** @type {string} */ cursor) => {
    const page = await jobs.list({ limit, cursor });
    setMore((old) => ({ items: [...old.items, ...page.items], cursor: page.next_cursor }));
  });
  return { ...more, busy, error, load: run };
}

/** @param {{ recent: import('/js/core/state.js').Loaded<{ items: Job[], next_cursor: string | null }>, limit: number }} props */
export function JobTable({ recent, limit }) {
  const more = useMore(limit);
  const { data, error, reload } = recent;
  const first = data?.items ?? [];
  const ids = new Set(first.map(({ id }) => id));
  // The first page is renewed all the time and pushes jobs into the pages that were loaded before.
  const items = [...first, ...more.items.filter(({ id }) => !ids.has(id))];
  const cursor = more.cursor === undefined ? data?.next_cursor : more.cursor;
  const rows = data ? items : Array(limit).fill(null);
  return html`
    <section class="card card--table">
      <div class="card__head"><h2>${t('jobs.title')}</h2></div>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
        : data && items.length === 0 ? html`<${Blank} icon="jobs" title=${t('jobs.none')} text=${t('jobs.none_text')} />`
        : html`
          <table class="table" aria-busy=${data ? undefined : 'true'}>
            <thead><tr>
              <th scope="col">${t('jobs.kind')}</th><th scope="col">${t('jobs.status')}</th>
              <th scope="col" class="table__right">${t('jobs.attempt')}</th>
              <th scope="col" class="table__right">${t('jobs.when')}</th>
            </tr></thead>
            <tbody>${rows.map((job, place) => html`<${Row} key=${job?.id ?? place} job=${job} />`)}</tbody>
          </table>`}
      ${more.error && html`<${Problem} error=${more.error} />`}
      ${cursor && html`
        <div class="card__foot">
          <${Button} kind="small" busy=${more.busy} onClick=${() => more.load(cursor)}>${t('jobs.more')}<//>
        </div>`}
    </section>`;
}
