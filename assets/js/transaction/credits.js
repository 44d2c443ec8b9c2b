// @ts-check
// What there is to spend, how that came about day by day, and every entry behind it.
import { balance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect, useRef } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { DateSpan, spanOf } from '/js/parts/date-span.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Stale } from '/js/parts/notice.js';
import { Search } from '/js/parts/search.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';
import { KINDS, transactionColumns } from '/js/parts/transaction-row.js';
import { listTransactions, transactionsAddress } from '/js/transaction/api.js';
import { BalanceDays } from '/js/transaction/balance-days.js';

/** @typedef {import('/js/transaction/api.js').Transaction} Transaction */

const LIMIT = 20;
const NOTHING = { kind: '', from: '', to: '', text: '' };

const topUp = () => openDialog('top_up');

function Entries() {
  const [filters, setFilters, clear] = useFilters(NOTHING, { kind: KINDS });
  const { kind, from, to, text } = filters;
  const held = useStore(balance);
  // Only words are found; signs alone would be refused.
  const query = { kind, ...spanOf(filters), text: /[\p{L}\p{N}]/u.test(text) ? text : '' };
  const pages = usePages((cursor) => listTransactions({ limit: LIMIT, cursor, ...query }), [toQuery(filters)]);
  const { items, error, reload } = pages;
  // Another balance means that there is another entry.
  const last = useRef(held);
  useEffect(() => {
    if (last.current && held) reload();
    last.current = held;
  }, [held]);
  const blank = clear ? nothingFits(clear)
    : { icon: 'coin', title: t('credits_page.empty'), text: t('credits_page.empty_text'), action: html`<${Button} kind="main" onClick=${topUp}>${t('top_up.action')}<//>` };
  return html`
    ${items && error && html`<${Stale} error=${error} retry=${reload} />`}
    <section class="card card--table" aria-labelledby="transactions">
      <div class="card__head">
        <h2 id="transactions">${t('credits_page.transactions')}</h2>
        <${Button} kind="small" icon="download" href=${transactionsAddress(query)} download>${t('credits_page.csv')}<//>
      </div>
      <${Filters} inset clear=${clear}>
        <${Search} label=${t('credits_page.search')} value=${text} onSearch=${(/** @type {string} */ value) => setFilters({ text: value })} />
        <${Select} quiet label=${t('entry.kind')} name="kind" value=${kind} onInput=${(/** @type {string} */ value) => setFilters({ kind: value })}
          options=${[{ value: '', label: t('credits_page.all_kinds') }, ...KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))]} />
        <${DateSpan} from=${from} to=${to} onChange=${setFilters} />
      <//>
      <${List} label=${t('credits_page.transactions')} columns=${transactionColumns} pages=${pages} n=${8} blank=${blank}
        href=${(/** @type {Transaction} */ { task_id }) => task_id && `/tasks/${task_id}`} />
    </section>`;
}

export default function CreditsScreen() {
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.credits')}</h1><p>${t('credits_page.lede')}</p></div>
        <div class="page__actions"><${Button} kind="main" icon="plus" onClick=${topUp}>${t('top_up.action')}<//></div>
      </div>
      <${BalanceDays} />
      <${Entries} />
    </div>`;
}
