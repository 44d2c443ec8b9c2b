// @ts-check
// What was done to accounts, and what the staff did.
import { toQuery, useFilters } from '/js/core/filters.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { html } from '/js/core/view.js';
import { listAudit } from '/js/admin/api.js';
import { auditColumns } from '/js/admin/audit-columns.js';
import { Whose } from '/js/admin/whose.js';
import { Button } from '/js/parts/button.js';
import { Filters, nothingFits } from '/js/parts/filters.js';
import { Stale } from '/js/parts/notice.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';

const ACTIONS = ['register', 'sign_in', 'sign_in_failed', 'sign_out', 'refresh_token_replayed', 'password_change', 'profile_change',
  'account_close', 'api_key_create', 'api_key_delete', 'invitation_create', 'invitation_revoke', 'user_create', 'user_disable',
  'user_enable', 'user_role', 'user_password', 'user_sessions_end', 'credits_top_up', 'credits_adjust', 'workspace_create',
  'workspace_delete', 'workspace_hand_over', 'member_invite', 'member_invite_revoke', 'member_join', 'member_remove', 'member_role',
  'data_check', 'data_backup'];

export default function Audit() {
  const [filters, set, clear] = useFilters({ user: '', action: '' }, { action: ACTIONS });
  const query = { user_id: filters.user, action: filters.action };
  const pages = usePages((cursor) => listAudit({ ...query, cursor, limit: 25 }), [toQuery(query)]);
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.audit')}</h1><p>${t('audit.lede')}</p></div></div>
      <${Filters} clear=${clear}>
        <${Whose} id=${filters.user} onChoose=${(/** @type {string} */ user) => set({ user })} />
        <${Select} quiet label=${t('audit.action')} name="action" value=${filters.action} onInput=${(/** @type {string} */ action) => set({ action })}
          options=${['', ...ACTIONS].map((value) => ({ value, label: value ? t(`action.${value}`) : t('audit.every') }))} />
      <//>
      ${pages.items && pages.error && html`<${Stale} error=${pages.error} retry=${pages.reload} />`}
      <section class="card card--table" aria-label=${t('title.audit')}>
        <${List} label=${t('title.audit')} columns=${auditColumns(true)} pages=${pages} n=${8}
          blank=${clear ? nothingFits(clear) : { icon: 'list', title: t('audit.none'), text: t('audit.none_text'), action: html`<${Button} kind="small" href="/admin/users">${t('title.users')}<//>` }} />
      </section>
    </div>`;
}
