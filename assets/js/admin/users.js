// @ts-check
// Everybody with an account: found, sorted, opened; and new ones made.
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { html, useState } from '/js/core/view.js';
import { listUsers } from '/js/admin/api.js';
import { nameOf } from '/js/admin/names.js';
import { NewUser } from '/js/admin/new-user.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Credits } from '/js/parts/credits.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Stale } from '/js/parts/notice.js';
import { Search } from '/js/parts/search.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').UserRow} UserRow */

/**
 * Of an account that is closed nothing is said but that, for nobody uses it or what is left in it.
 * @returns {import('/js/parts/table.js').Column<UserRow>[]}
 */
const columns = () => [
  {
    key: 'name', label: t('users.name'), ch: 16, wide: true,
    cell: (user) => (user.state === 'closed'
      ? html`${nameOf(user.username)}<span class="table__more">${user.id}</span>`
      : html`${user.username}${user.full_name && html`<span class="table__more">${user.full_name}</span>`}`),
  },
  { key: 'email', label: t('users.email'), wide: true, ch: 18, cell: (user) => user.email },
  {
    key: 'role', label: t('users.role'),
    cell: (user) => html`<span class="chips">${user.state === 'active' ? '' : html`<${Badge} status=${user.state} />`}
      ${user.role === 'admin' ? html`<span class="badge badge--info">${t('role.admin')}</span>` : user.state === 'active' && html`<span class="quiet">${t('role.user')}</span>`}</span>`,
  },
  { key: 'balance', label: t('users.balance'), right: true, aside: true, ch: 10, cell: (user) => (user.state === 'closed' ? null : html`<${Credits} amount=${user.available} />`) },
  {
    key: 'seen', label: t('users.seen'), right: true, labelled: true,
    cell: (user) => (user.state === 'closed' ? null : user.last_seen_at ? html`<span class="quiet"><${Time} at=${user.last_seen_at} /></span>` : html`<span class="faint">${t('users.unseen')}</span>`),
  },
  { key: 'since', label: t('users.since'), right: true, far: true, cell: (user) => html`<span class="quiet"><${Time} at=${user.created_at} /></span>` },
];

const STATES = ['active', 'disabled', 'closed'];
const ROLES = ['user', 'admin'];
const SORTS = ['newest', 'name', 'balance'];

export default function Users() {
  const [filters, set] = useFilters({ text: '', state: '', role: '', sort: 'newest' }, { state: STATES, role: ROLES, sort: SORTS });
  const [making, setMaking] = useState(false);
  const pages = usePages((cursor) => listUsers({ ...filters, cursor, limit: 25 }), [toQuery(filters)]);
  const isNarrowed = Boolean(filters.text || filters.state || filters.role);
  const clear = isNarrowed ? () => set({ text: '', state: '', role: '' }) : null;
  const choice = (/** @type {'state' | 'role' | 'sort'} */ name, /** @type {string} */ label, /** @type {{ value: string, label: string }[]} */ options) => html`
    <${Select} quiet label=${label} name=${name} value=${filters[name]} options=${options} onInput=${(/** @type {string} */ value) => set({ [name]: value })} />`;
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.users')}</h1><p>${t('users.lede')}</p></div>
        <div class="page__actions"><${Button} kind="main" icon="plus" onClick=${() => setMaking(true)}>${t('users.new')}<//></div>
      </div>
      <${Filters} clear=${clear}>
        <${Search} label=${t('users.search')} value=${filters.text} onSearch=${(/** @type {string} */ text) => set({ text })} />
        ${choice('state', t('users.state'), [{ value: '', label: t('users.every_state') },
          ...STATES.map((value) => ({ value, label: t(`status.${value}`) }))])}
        ${choice('role', t('users.role'), [{ value: '', label: t('users.every_role') },
          ...ROLES.map((value) => ({ value, label: t(`role.${value}`) }))])}
        ${choice('sort', t('users.sort'), SORTS.map((value) => ({ value, label: t(`users.by_${value}`) })))}
      <//>
      ${pages.items && pages.error && html`<${Stale} error=${pages.error} retry=${pages.reload} />`}
      <section class="card card--table" aria-label=${t('title.users')}>
        <${List} label=${t('title.users')} columns=${columns()} pages=${pages} n=${8} href=${(/** @type {UserRow} */ user) => `/admin/users/${user.id}`}
          blank=${clear ? nothingFits(clear) : { icon: 'people', title: t('users.none_found'), text: '' }} />
      </section>
      ${making && html`<${NewUser} onClose=${() => setMaking(false)} onDone=${pages.reload} />`}
    </div>`;
}
