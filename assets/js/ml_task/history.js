// @ts-check
// The caller's tasks, the newest first, as they are at this moment.
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { listModels, titleOf } from '/js/core/models.js';
import { usePages } from '/js/core/pages.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { isOpen, listTasks } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { DateSpan, spanOf } from '/js/parts/date-span.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Stale } from '/js/parts/notice.js';
import { Search } from '/js/parts/search.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';
import { taskColumns } from '/js/parts/task-row.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

const STATUSES = ['running', 'queued', 'succeeded', 'failed', 'cancelled'];
const LIMIT = 20;
const NOTHING = { model: '', status: '', from: '', to: '', text: '' };
/** How often to look: work under way moves, the rest changes only by what is sent elsewhere. */
const SOON_S = 1;
const LATER_S = 15;

export default function History() {
  const [filters, setFilters, clear] = useFilters(NOTHING, { status: STATUSES });
  const { model, status, from, to, text } = filters;
  const models = useLoad(listModels);
  const pages = usePages((cursor) => listTasks({ limit: LIMIT, cursor, model, status, ...spanOf(filters), text: text.trim() }), [toQuery(filters)]);
  const { items, error, busy, reload } = pages;
  useEvery(items?.some(isOpen) ? SOON_S : LATER_S, () => { if (!busy) reload(); });
  const blank = clear ? nothingFits(clear)
    : { icon: 'history', title: t('history.empty'), text: t('history.empty_text'), action: html`<${Button} kind="main" href="/models">${t('history.to_models')}<//>` };
  // A model that is retired has tasks still, and a link to them says so.
  const names = [...new Set([...(models.data ?? []).map(({ id }) => id), ...(model ? [model] : [])])];
  const titles = new Map((models.data ?? []).map(({ id, card }) => [id, titleOf(id, card)]));
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.history')}</h1><p>${t('history.lede')}</p></div></div>
      ${items && error && html`<${Stale} error=${error} retry=${reload} />`}
      <${Filters} clear=${clear}>
        <${Search} label=${t('history.search')} value=${text} onSearch=${(/** @type {string} */ value) => setFilters({ text: value })} />
        <${Select} quiet label=${t('task.model')} name="model" value=${model} onInput=${(/** @type {string} */ value) => setFilters({ model: value })}
          options=${[{ value: '', label: t('history.all_models') }, ...names.map((id) => ({ value: id, label: titles.get(id) ?? titleOf(id) }))]} />
        <${Select} quiet label=${t('task.status')} name="status" value=${status} onInput=${(/** @type {string} */ value) => setFilters({ status: value })}
          options=${[{ value: '', label: t('history.all_states') }, ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))]} />
        <${DateSpan} from=${from} to=${to} onChange=${setFilters} />
      <//>
      <section class="card card--table card--list" aria-label=${t('title.history')}>
        <${List} label=${t('title.history')} columns=${taskColumns} pages=${pages} n=${8} blank=${blank}
          href=${(/** @type {Task} */ task) => `/tasks/${task.id}`} />
      </section>
    </div>`;
}
