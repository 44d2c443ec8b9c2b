// @ts-check
// The workspaces that the caller works in, and those that they are asked to.
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { leaveFor } from '/js/core/router.js';
import { useEvery, useLoad, useStore } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { renewWorkspaces, workspaces } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Failure, Stale, say } from '/js/parts/notice.js';
import { Table } from '/js/parts/table.js';
import { Time } from '/js/parts/time.js';
import { createWorkspace } from '/js/workspace/api.js';
import { MyInvitations } from '/js/workspace/my-invitations.js';
import { WorkspaceForm } from '/js/workspace/form.js';

/** @typedef {import('/js/core/workspaces.js').Workspace} Workspace */

const RENEW_S = 15;

/** @type {() => import('/js/parts/table.js').Column<Workspace>[]} */
const columns = () => [
  { key: 'name', label: t('team.name'), ch: 16, cell: ({ name }) => name },
  { key: 'role', label: t('team.your_role'), aside: true, ch: 8, cell: ({ role, is_personal }) => html`<span class="quiet">${t(is_personal ? 'team.personal' : `member.${role}`)}</span>` },
  { key: 'text', label: t('team.description'), far: true, ch: 20, cell: ({ description }) => html`<span class="quiet">${description || '–'}</span>` },
  { key: 'members', label: t('team.members'), right: true, ch: 6, cell: ({ n_members }) => html`<span class="quiet">${t('team.n_members', { n: n_members, count: number(n_members) })}</span>` },
  { key: 'since', label: t('team.since'), right: true, aside: true, ch: 9, cell: ({ created_at }) => html`<span class="quiet"><${Time} at=${created_at} /></span>` },
];

export default function Workspaces() {
  // The side shows the same list, so that both always say the same.
  const rows = useStore(workspaces);
  const load = useLoad(renewWorkspaces);
  const [isMaking, setMaking] = useState(false);
  useEvery(RENEW_S, load.reload);
  const make = async (/** @type {import('/js/workspace/api.js').Input} */ input) => {
    const made = await createWorkspace(input);
    await renewWorkspaces().catch(() => {});
    setMaking(false);
    leaveFor(`/workspaces/${made.id}`);
    say(t('team.made', { name: made.name }));
  };
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.workspaces')}</h1><p>${t('team.lede')}</p></div>
        <div class="page__actions"><${Button} kind="main" icon="plus" onClick=${() => setMaking(true)}>${t('team.new')}<//></div>
      </div>
      ${rows && load.error && html`<${Stale} error=${load.error} retry=${load.reload} />`}
      <${MyInvitations} onAnswered=${load.reload} />
      <section class="card card--table card--list">
        ${load.error && !rows ? html`<${Failure} error=${load.error} retry=${load.reload} />` : html`
          <${Table} label=${t('title.workspaces')} columns=${columns()} rows=${rows} n=${3} href=${(/** @type {Workspace} */ one) => `/workspaces/${one.id}`} />`}
      </section>
      ${isMaking && html`<${WorkspaceForm} title=${t('team.new')} action=${t('team.make')} onSend=${make} onClose=${() => setMaking(false)} />`}
    </div>`;
}
