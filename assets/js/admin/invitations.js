// @ts-check
// One-time links that let somebody sign up.
import { useForm } from '/js/core/form.js';
import { exact } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { html, useState } from '/js/core/view.js';
import { createInvitation, listInvitations, revokeInvitation } from '/js/admin/api.js';
import { nameOf } from '/js/admin/names.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Confirm, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem, Stale, say } from '/js/parts/notice.js';
import { Secret } from '/js/parts/secret.js';
import { Select } from '/js/parts/select.js';
import { List } from '/js/parts/table.js';
import { Time, Until } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').Invitation} Invitation */

const DAYS = ['1', '7', '14', '30'];
const DAY_MS = 24 * 3600 * 1000;

/** @param {{ onClose: () => void, onDone: () => void }} props */
function NewInvitation({ onClose, onDone }) {
  const [link, setLink] = useState('');
  const { form, field, values, change, problem, busy, dialog } = useForm({
    initial: { note: '', days: '14' },
    check: () => ({}),
    async send({ note, days }) {
      const expires_at = new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      const made = await createInvitation({ note: note.trim(), expires_at });
      setLink(new URL(made.link, location.origin).href);
      onDone();
    },
  });
  if (link) {
    return html`
      <${Dialog} key="made" kind="wide" isShownOnce title=${t('invitations.made')} onClose=${onClose}>
        <${Notice} kind="warn">${t('invitations.once')}<//>
        <${Secret} label=${t('invitations.link')} value=${link} hint=${t('invitations.link_hint')} />
        <${DialogFoot}><${Button} kind="main" onClick=${onClose}>${t('invitations.kept')}<//><//>
      <//>`;
  }
  return html`
    <${Dialog} key="new" title=${t('invitations.new')} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('invitations.note')} autocomplete="off" autocapitalize="sentences" hint=${t('invitations.note_hint')} ...${field('note')} />
        <${Select} label=${t('invitations.life')} name="days" value=${values.days} onInput=${(/** @type {string} */ days) => change({ days })}
          options=${DAYS.map((value) => ({ value, label: t('invitations.days', { n: Number(value) }) }))} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${t('invitations.make')}<//>
        <//>
      </form>
    <//>`;
}

/** @param {Invitation} invitation */
function state({ is_open, used_by, expires_at }) {
  if (used_by) return html`<span class="badge badge--good">${t('invitations.used', { name: nameOf(used_by) })}</span>`;
  if (is_open) return html`<span class="badge badge--info">${t('invitations.open')}</span>`;
  return html`<span class="badge">${t(Date.parse(expires_at) <= Date.now() ? 'invitations.over' : 'invitations.revoked')}</span>`;
}

/** What tells one from the others. @param {Invitation} invitation */
const noteOf = ({ note, created_at }) => note || `${t('invitations.no_note')}, ${exact(created_at)}`;

/** @param {(invitation: Invitation) => void} onRevoke @returns {import('/js/parts/table.js').Column<Invitation>[]} */
const columns = (onRevoke) => [
  { key: 'note', label: t('invitations.note'), ch: 16, cell: (one) => (one.note ? html`<span class="table__main">${one.note}</span>` : html`<span class="faint">${t('invitations.no_note')}</span>`) },
  { key: 'state', label: t('users.state'), aside: true, cell: state },
  { key: 'by', label: t('invitations.by'), labelled: true, cell: (one) => nameOf(one.created_by) },
  { key: 'made', label: t('invitations.since'), aside: true, cell: (one) => html`<span class="quiet"><${Time} at=${one.created_at} /></span>` },
  { key: 'ends', label: t('invitations.ends'), labelled: true, cell: (one) => (one.is_open ? html`<${Until} at=${one.expires_at} />` : html`<span class="faint">–</span>`) },
  {
    key: 'revoke', label: t('invitations.deeds'), right: true, aside: true,
    cell: (one) => one.is_open && html`<${Button} kind="small" aria-label=${t('invitations.revoke_name', { name: noteOf(one) })} onClick=${() => onRevoke(one)}>${t('invitations.revoke')}<//>`,
  },
];

export default function Invitations() {
  const pages = usePages((cursor) => listInvitations({ cursor, limit: 25 }));
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState(/** @type {Invitation | null} */ (null));
  const revoke = async () => {
    await revokeInvitation(String(revoked?.id));
    await pages.reload();
    setRevoked(null);
    say(t('invitations.revoke_done'));
  };
  const make = html`<${Button} kind="main" icon="plus" onClick=${() => setMaking(true)}>${t('invitations.new')}<//>`;
  const none = pages.items?.length === 0;
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.invitations')}</h1><p>${t('invitations.lede')}</p></div>
        ${!none && html`<div class="page__actions">${make}</div>`}
      </div>
      ${pages.items && pages.error && html`<${Stale} error=${pages.error} retry=${pages.reload} />`}
      <section class="card card--table" aria-label=${t('title.invitations')}>
        <${List} label=${t('title.invitations')} columns=${columns(setRevoked)} pages=${pages} n=${4}
          blank=${{ icon: 'mail', title: t('invitations.none'), text: t('invitations.none_text'), action: make }} />
      </section>
      ${making && html`<${NewInvitation} onClose=${() => setMaking(false)} onDone=${pages.reload} />`}
      ${revoked && html`
        <${Confirm} title=${revoked.note ? t('invitations.revoke_title', { name: revoked.note }) : t('invitations.revoke_unnamed')}
          text=${t('invitations.revoke_text', { name: nameOf(revoked.created_by), time: exact(revoked.created_at) })} action=${t('invitations.revoke')}
          onConfirm=${revoke} onClose=${() => setRevoked(null)} />`}
    </div>`;
}
