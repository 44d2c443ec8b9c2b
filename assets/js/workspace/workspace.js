// @ts-check
// One workspace: who works in it, who is asked to, and what its owner may do with it. What somebody may not do is not there.
import { useTitle } from '/js/core/a11y.js';
import { t } from '/js/core/i18n.js';
import { go } from '/js/core/router.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { renewWorkspaces } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { Blank, Failure, Stale, say } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { deleteWorkspace, findWorkspace, leaveWorkspace, updateWorkspace } from '/js/workspace/api.js';
import { WorkspaceForm } from '/js/workspace/form.js';
import { Invitations } from '/js/workspace/invitations.js';
import { Members } from '/js/workspace/members.js';

const RENEW_S = 15;

/** @param {{ error: any, reload: () => void }} props */
function Gone({ error, reload }) {
  return html`
    <div class="page">
      <div class="page__head"><div><p class="page__crumb"><a href="/workspaces">${t('title.workspaces')}</a></p><h1>${t('title.workspace')}</h1></div></div>
      <section class="card">
        ${error.status === 404
          ? html`<${Blank} icon="case" title=${t('team.gone')} text=${t('team.gone_text')}
              action=${html`<${Button} kind="small" href="/workspaces">${t('team.to_list')}<//>`} />`
          : html`<${Failure} error=${error} retry=${reload} />`}
      </section>
    </div>`;
}

/** @param {{ params: { id: string }, me: any }} props */
export default function WorkspaceScreen({ params, me }) {
  const { id } = params;
  const { data: workspace, error, reload } = useLoad(() => findWorkspace(id), [id]);
  const [deed, setDeed] = useState(/** @type {'edit' | 'leave' | 'delete' | null} */ (null));
  const isGone = error?.status === 404;
  // Nothing comes back of what is gone, and the side shall not list it any longer.
  useEvery(RENEW_S, () => { if (!isGone) reload(); });
  useEffect(() => { if (isGone) renewWorkspaces().catch(() => {}); }, [isGone]);
  useTitle(workspace?.name);
  // Whoever was taken out, or whose workspace was deleted, sees that and not what was there before.
  if (error && (!workspace || isGone)) return html`<${Gone} error=${error} reload=${reload} />`;
  const close = () => setDeed(null);
  const changed = async () => {
    await Promise.all([reload(), renewWorkspaces().catch(() => {})]);
  };
  const update = async (/** @type {import('/js/workspace/api.js').Input} */ input) => {
    await updateWorkspace(id, input);
    await changed();
    close();
    say(t('team.saved'));
  };
  const depart = async (/** @type {() => Promise<void>} */ act, /** @type {string} */ words) => {
    await act();
    await renewWorkspaces().catch(() => {});
    close();
    go('/workspaces', { replace: true });
    say(words);
  };
  const isOwner = workspace?.role === 'owner';
  const isShared = workspace && !workspace.is_personal;
  return html`
    <div class="page">
      <div class="page__head">
        <div>
          <p class="page__crumb"><a href="/workspaces">${t('title.workspaces')}</a></p>
          <h1>${workspace ? workspace.name : html`<${Skeleton} ch=${16} name=${t('title.workspace')} />`}</h1>
          <p>${workspace ? (workspace.description || t(workspace.is_personal ? 'team.personal_lede' : 'team.no_description')) : html`<${Skeleton} ch=${32} />`}</p>
        </div>
        ${workspace && html`
          <div class="page__actions">
            ${isShared && !isOwner && html`<${Button} icon="leave" onClick=${() => setDeed('leave')}>${t('team.leave')}<//>`}
            ${workspace.role !== 'viewer' && html`<${Button} icon="edit" onClick=${() => setDeed('edit')}>${t('team.edit')}<//>`}
          </div>`}
      </div>
      ${workspace && error && html`<${Stale} error=${error} retry=${reload} />`}
      <${Members} id=${id} workspace=${workspace} me=${me} onChange=${changed} />
      ${isOwner && isShared && html`<${Invitations} id=${id} me=${me} />`}
      ${isOwner && isShared && html`
        <section class="card deed">
          <div><h2>${t('team.delete_title')}</h2><p>${t('team.delete_text')}</p></div>
          <${Button} icon="trash" onClick=${() => setDeed('delete')}>${t('team.delete')}<//>
        </section>`}
      ${workspace && deed === 'edit' && html`<${WorkspaceForm} title=${t('team.edit_title')} action=${t('team.save')} workspace=${workspace} onSend=${update} onClose=${close} />`}
      ${workspace && deed === 'leave' && html`
        <${Confirm} title=${t('team.leave_ask', { name: workspace.name })} text=${t('team.leave_text')} action=${t('team.leave')}
          onConfirm=${() => depart(() => leaveWorkspace(id), t('team.left', { name: workspace.name }))} onClose=${close} />`}
      ${workspace && deed === 'delete' && html`
        <${Confirm} title=${t('team.delete_ask', { name: workspace.name })} text=${t('team.delete_text')} action=${t('team.delete')} typed=${workspace.name}
          onConfirm=${() => depart(() => deleteWorkspace(id), t('team.deleted', { name: workspace.name }))} onClose=${close} />`}
    </div>`;
}
