// @ts-check
// Everybody's predictions: what was asked, what came of it, what it cost. Not what was sent, which is theirs.
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { listModels, titleOf } from '/js/core/models.js';
import { usePages } from '/js/core/pages.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { fileOf, listAllTasks } from '/js/admin/api.js';
import { taskColumns } from '/js/admin/task-columns.js';
import { DAYS, Period, firstDay } from '/js/admin/period.js';
import { Whose } from '/js/admin/whose.js';
import { Button } from '/js/parts/button.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Stale } from '/js/parts/notice.js';
import { Search } from '/js/parts/search.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';

const STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];
const RENEW_S = 5;

export default function AllTasks() {
  const [filters, set, clear] = useFilters({ user: '', model: '', status: '', days: '', text: '' }, { status: STATUSES, days: DAYS });
  const query = { user_id: filters.user, model: filters.model, status: filters.status, from: firstDay(filters.days), text: filters.text.trim() };
  const pages = usePages((cursor) => listAllTasks({ ...query, cursor, limit: 25 }), [toQuery(query)]);
  const models = useLoad(listModels);
  // A list in which something is under way follows it.
  useEvery(RENEW_S, () => { if (pages.items?.some(isOpen)) pages.reload(); });
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.all_tasks')}</h1><p>${t('staff.tasks_lede')}</p></div>
        <div class="page__actions"><${Button} icon="download" href=${fileOf('tasks', query)} download>${t('staff.csv')}<//></div>
      </div>
      <${Filters} clear=${clear}>
        <${Search} label=${t('staff.search_tasks')} value=${filters.text} onSearch=${(/** @type {string} */ text) => set({ text })} />
        <${Whose} id=${filters.user} onChoose=${(/** @type {string} */ user) => set({ user })} />
        <${Select} quiet label=${t('staff.model')} name="model" value=${filters.model} onInput=${(/** @type {string} */ model) => set({ model })}
          options=${[{ value: '', label: t('staff.every_model') },
            ...(models.data ?? []).map((/** @type {any} */ model) => ({ value: model.id, label: titleOf(model.id, model.card) }))]} />
        <${Select} quiet label=${t('staff.status')} name="status" value=${filters.status} onInput=${(/** @type {string} */ status) => set({ status })}
          options=${['', ...STATUSES].map((value) => ({ value, label: value ? t(`status.${value}`) : t('staff.every_status') }))} />
        <${Period} value=${filters.days} onChoose=${(/** @type {string} */ days) => set({ days })} />
      <//>
      ${pages.items && pages.error && html`<${Stale} error=${pages.error} retry=${pages.reload} />`}
      <section class="card card--table" aria-label=${t('title.all_tasks')}>
        <${List} label=${t('title.all_tasks')} columns=${taskColumns(true)} pages=${pages} n=${8}
          blank=${clear ? nothingFits(clear) : { icon: 'history', title: t('staff.no_tasks'), text: t('staff.no_tasks_text'), action: html`<${Button} kind="small" href="/admin/users">${t('title.users')}<//>` }} />
      </section>
    </div>`;
}
