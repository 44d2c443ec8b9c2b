// @ts-check
// Those who ask the caller to work with them.
import { useAction } from '/js/core/action.js';
import { t } from '/js/core/i18n.js';
import { leaveFor } from '/js/core/router.js';
import { useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { invitations, renewWorkspaces } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';
import { say, sayProblem } from '/js/parts/notice.js';
import { Until } from '/js/parts/time.js';
import { acceptInvitation, declineInvitation } from '/js/workspace/api.js';

/** @typedef {import('/js/core/workspaces.js').Invitation} Invitation */

/** @param {{ invitation: Invitation, onAnswered: () => void }} props */
function One({ invitation, onAnswered }) {
  const { id, workspace, role, invited_by, expires_at } = invitation;
  const { run: answer, of: said } = useAction(async (/** @type {'yes' | 'no'} */ word) => {
    if (word === 'yes') {
      const joined = await acceptInvitation(id);
      await renewWorkspaces().catch(() => {});
      leaveFor(`/workspaces/${joined.id}`);
      say(t('team.joined', { name: joined.name }));
    } else {
      await declineInvitation(id);
      say(t('team.declined', { name: workspace }));
      onAnswered();
    }
  }, (error) => {
    sayProblem(error);
    // It may have been taken back meanwhile.
    onAnswered();
  });
  return html`
    <li class="asked">
      <span class="asked__icon"><${Icon} name="mail" /></span>
      <div class="asked__words">
        <p class="asked__title">${t('team.asks', { who: invited_by, name: workspace })}</p>
        <p class="quiet">${t(`member.${role}_may`)} ${t('team.until')} <${Until} at=${expires_at} />.</p>
      </div>
      <div class="asked__actions">
        <${Button} kind="small bare" busy=${said === 'no'} onClick=${() => answer('no')}>${t('team.decline')}<//>
        <${Button} kind="small main" busy=${said === 'yes'} onClick=${() => answer('yes')}>${t('team.accept')}<//>
      </div>
    </li>`;
}

/** @param {{ onAnswered: () => void }} props */
export function MyInvitations({ onAnswered }) {
  const asked = useStore(invitations);
  if (!asked?.length) return null;
  return html`
    <section class="card" aria-labelledby="asked">
      <div class="card__head"><h2 id="asked">${t('title.invitations')}</h2></div>
      <ul class="asked-list">${asked.map((invitation) => html`<${One} key=${invitation.id} invitation=${invitation} onAnswered=${onAnswered} />`)}</ul>
    </section>`;
}
