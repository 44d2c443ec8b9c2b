// @ts-check
// The caller's keys: what programs call with.
import { t } from '/js/core/i18n.js';
import { openDialog } from '/js/core/dialogs.js';
import { useLoad } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { deleteApiKey, listApiKeys } from '/js/access/api.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { Blank, Failure, Stale, say } from '/js/parts/notice.js';
import { Table } from '/js/parts/table.js';
import { Time, Until } from '/js/parts/time.js';

/** @typedef {import('/js/access/api.js').ApiKey} ApiKey */

/** @param {ApiKey} key */
function isOver({ expires_at }) {
  return expires_at !== null && Date.parse(expires_at) <= Date.now();
}

/** @param {(key: ApiKey) => void} onRevoke @returns {import('/js/parts/table.js').Column<ApiKey>[]} */
const columns = (onRevoke) => [
  {
    key: 'name', label: t('keys.name'), ch: 16, wide: true,
    cell: (key) => html`<span class="table__main">${key.name}</span><span class="table__more"><code>cel_…${key.hint}</code></span>`,
  },
  { key: 'scopes', label: t('keys.scopes'), wide: true, ch: 12, cell: (key) => key.scopes.map((scope) => t(`scope.${scope}`)).join(', ') },
  {
    key: 'used', label: t('keys.used'), labelled: true, wide: true,
    cell: (key) => (key.last_used_at ? html`<${Time} at=${key.last_used_at} />` : html`<span class="faint">${t('keys.unused')}</span>`),
  },
  {
    key: 'expires', label: t('keys.expires'), labelled: true,
    cell: (key) => (key.expires_at === null ? html`<span class="faint">${t('keys.never')}</span>`
      : isOver(key) ? html`<span class="badge badge--bad">${t('keys.over')}</span>` : html`<${Until} at=${key.expires_at} />`),
  },
  {
    key: 'revoke', label: t('keys.deeds'), right: true, aside: true, ch: 6,
    cell: (key) => html`<${Button} kind="small" aria-label=${t('keys.revoke_name', { name: key.name })} onClick=${() => onRevoke(key)}>${t('keys.revoke')}<//>`,
  },
];

export default function Keys() {
  const keys = useLoad(listApiKeys);
  const [revoked, setRevoked] = useState(/** @type {ApiKey | null} */ (null));
  const { data, error, reload } = keys;
  const make = () => openDialog('new_key', { onDone: reload });
  const revoke = async () => {
    const key = /** @type {ApiKey} */ (revoked);
    await deleteApiKey(key.id);
    await reload();
    setRevoked(null);
    say(t('keys.revoked', { name: key.name }));
  };
  const none = data?.items.length === 0;
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.keys')}</h1><p>${t('keys.lede')}</p></div>
        ${!none && html`<div class="page__actions"><${Button} kind="main" icon="plus" onClick=${make}>${t('keys.new')}<//></div>`}
      </div>
      ${data && error && html`<${Stale} error=${error} retry=${reload} />`}
      <section class="card card--table" aria-label=${t('title.keys')}>
        ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
          : none ? html`<${Blank} icon="key" title=${t('keys.none')} text=${t('keys.none_text')}
              action=${html`<${Button} kind="main" icon="plus" onClick=${make}>${t('keys.new')}<//>`} />`
          : html`<${Table} label=${t('title.keys')} columns=${columns(setRevoked)} rows=${data?.items ?? null} n=${3} />`}
      </section>
      ${revoked && html`
        <${Confirm} title=${t('keys.revoke_title', { name: revoked.name })} text=${t('keys.revoke_text')} action=${t('keys.revoke')}
          onConfirm=${revoke} onClose=${() => setRevoked(null)} />`}
    </div>`;
}
