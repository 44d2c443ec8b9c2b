// @ts-check
// Every entry of everybody's ledger.
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { html } from '/js/core/view.js';
import { fileOf, listAllTransactions } from '/js/admin/api.js';
import { entryColumns } from '/js/admin/entry-columns.js';
import { DAYS, Period, firstDay } from '/js/admin/period.js';
import { Whose } from '/js/admin/whose.js';
import { Button } from '/js/parts/button.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Search } from '/js/parts/search.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';
import { Stale } from '/js/parts/notice.js';
import { KINDS } from '/js/parts/transaction-row.js';

export default function AllTransactions() {
  const [filters, set, clear] = useFilters({ user: '', kind: '', days: '', text: '' }, { kind: KINDS, days: DAYS });
  const query = { user_id: filters.user, kind: filters.kind, from: firstDay(filters.days), text: filters.text };
  const pages = usePages((cursor) => listAllTransactions({ ...query, cursor, limit: 25 }), [toQuery(query)]);
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.all_transactions')}</h1><p>${t('staff.transactions_lede')}</p></div>
        <div class="page__actions"><${Button} icon="download" href=${fileOf('transactions', query)} download>${t('staff.csv')}<//></div>
      </div>
      <${Filters} clear=${clear}>
        <${Search} label=${t('staff.search_entries')} value=${filters.text} onSearch=${(/** @type {string} */ text) => set({ text })} />
        <${Whose} id=${filters.user} onChoose=${(/** @type {string} */ user) => set({ user })} />
        <${Select} quiet label=${t('staff.kind')} name="kind" value=${filters.kind} onInput=${(/** @type {string} */ kind) => set({ kind })}
          options=${['', ...KINDS].map((value) => ({ value, label: value ? t(`kind.${value}`) : t('staff.every_kind') }))} />
        <${Period} value=${filters.days} onChoose=${(/** @type {string} */ days) => set({ days })} />
      <//>
      ${pages.items && pages.error && html`<${Stale} error=${pages.error} retry=${pages.reload} />`}
      <section class="card card--table" aria-label=${t('title.all_transactions')}>
        <${List} label=${t('title.all_transactions')} columns=${entryColumns(true)} pages=${pages} n=${8}
          blank=${clear ? nothingFits(clear) : { icon: 'coin', title: t('staff.no_entries'), text: t('staff.no_entries_text'), action: html`<${Button} kind="small" href="/admin/users">${t('title.users')}<//>` }} />
      </section>
    </div>`;
}
