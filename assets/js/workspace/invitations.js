// @ts-check
// Who is asked to work in a workspace, for its owner.
import { t } from '/js/core/i18n.js';
import { describeSignUp } from '/js/core/server.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { ActButton, Button } from '/js/parts/button.js';
import { Blank, Failure, Stale, say, sayProblem } from '/js/parts/notice.js';
import { Table } from '/js/parts/table.js';
import { Time, Until } from '/js/parts/time.js';
import { deleteInvitation, listInvitations } from '/js/workspace/api.js';
import { Invite } from '/js/workspace/invite.js';

/** @typedef {import('/js/workspace/api.js').Invitation} Invitation */

const RENEW_S = 15;

/** @param {{ id: string, me: any }} props */
export function Invitations({ id, me }) {
  const { data, error, reload } = useLoad(() => listInvitations(id), [id]);
  // It is there before somebody is asked, so that the dialog says at once what a guest will need.
  const { data: rule } = useLoad(describeSignUp);
  const [isAsking, setAsking] = useState(false);
  useEvery(RENEW_S, reload);
  const takeBack = async (/** @type {Invitation} */ invitation) => {
    try {
      await deleteInvitation(id, invitation.id);
      say(t('invite.taken_back'));
    } catch (problem) {
      sayProblem(problem);
    }
    await reload();
  };
  /** @type {import('/js/parts/table.js').Column<Invitation>[]} */
  const columns = [
    { key: 'who', label: t('invite.who'), ch: 16, cell: ({ username, email }) => html`<span class="table__main">${username ?? email}</span>` },
    { key: 'role', label: t('member.role'), aside: true, ch: 8, cell: ({ role }) => html`<span class="quiet">${t(`member.${role}`)}</span>` },
    { key: 'sent', label: t('invite.sent'), far: true, ch: 9, cell: ({ created_at }) => html`<span class="quiet"><${Time} at=${created_at} /></span>` },
    { key: 'until', label: t('invite.until'), labelled: true, ch: 9, cell: ({ expires_at }) => html`<span class="quiet"><${Until} at=${expires_at} /></span>` },
    { key: 'back', label: t('member.more'), right: true, aside: true, ch: 8, cell: (invitation) => html`
      <${ActButton} kind="small" act=${() => takeBack(invitation)}
        aria-label=${t('invite.take_back_of', { name: invitation.username ?? invitation.email ?? '' })}>${t('invite.take_back')}<//>` },
  ];
  const ask = html`<${Button} kind="small" icon="plus" onClick=${() => setAsking(true)}>${t('invite.title')}<//>`;
  return html`
    <section class="card card--table" aria-labelledby="invitations">
      <div class="card__head"><h2 id="invitations">${t('title.invitations')}</h2>${Boolean(data?.length) && ask}</div>
      ${data && error && html`<${Stale} error=${error} retry=${reload} />`}
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
        : data?.length === 0 ? html`<${Blank} icon="people" title=${t('invite.none')} text=${t('invite.none_text')} action=${ask} />`
        : html`<${Table} label=${t('title.invitations')} columns=${columns} rows=${data} n=${1} />`}
      ${isAsking && html`<${Invite} id=${id} me=${me} asked=${data ?? []} isBarred=${Boolean(rule) && rule?.sign_up !== 'open'} onChange=${reload} onClose=${() => setAsking(false)} />`}
    </section>`;
}
