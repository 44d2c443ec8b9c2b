// @ts-check
// Who works in a workspace. Its owner says what each may do, takes somebody out, or hands the workspace over.
import { t } from '/js/core/i18n.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { Menu } from '/js/parts/menu.js';
import { Failure, Stale, say, sayProblem } from '/js/parts/notice.js';
import { Select } from '/js/parts/select.js';
import { Table } from '/js/parts/table.js';
import { Time } from '/js/parts/time.js';
import { deleteMember, handOverWorkspace, listMembers, updateMember } from '/js/workspace/api.js';

/** @typedef {import('/js/workspace/api.js').Member} Member */

const RENEW_S = 15;

/** @param {Member} member */
const nameOf = ({ full_name, username }) => full_name || username;

/** @param {{ member: Member, isSelf: boolean }} props */
function Person({ member, isSelf }) {
  return html`
    <span class="member">
      <span class="person__disc" aria-hidden="true">${[...nameOf(member)][0]}</span>
      <span class="person__words"><span class="table__main">${nameOf(member)}${isSelf && html` <span class="faint">${t('member.you')}</span>`}</span>
        ${member.full_name && html`<span class="person__role">${member.username}</span>`}</span>
    </span>`;
}

/** @param {{ member: Member, onAct: (deed: 'hand' | 'remove', member: Member) => void }} props */
function Actions({ member, onAct }) {
  return html`
    <${Menu} label=${t('member.actions', { name: nameOf(member) })} button=${(/** @type {any} */ props) => html`
      <${Button} kind="small bare icon" icon="dots" aria-label=${t('member.actions', { name: nameOf(member) })} ...${props} />`}>
      ${(/** @type {() => void} */ close) => html`
        <button class="menu__item" type="button" onClick=${() => { close(); onAct('hand', member); }}>${t('member.hand_over')}</button>
        <button class="menu__item" type="button" onClick=${() => { close(); onAct('remove', member); }}>${t('member.remove')}</button>`}
    <//>`;
}

/** @param {{ id: string, workspace: import('/js/core/workspaces.js').Workspace | null, me: any, onChange: () => Promise<void> }} props */
export function Members({ id, workspace, me, onChange }) {
  const { data, error, reload } = useLoad(() => listMembers(id), [id, workspace?.n_members, workspace?.role]);
  const [deed, setDeed] = useState(/** @type {{ kind: 'hand' | 'remove', member: Member } | null} */ (null));
  useEvery(RENEW_S, reload);
  const mayManage = workspace?.role === 'owner' && !workspace.is_personal;
  const changeRole = async (/** @type {Member} */ member, /** @type {any} */ role) => {
    try {
      await updateMember(id, member.user_id, role);
      say(t('member.changed', { name: nameOf(member), role: t(`member.${role}`) }));
    } catch (problem) {
      sayProblem(problem);
    }
    await reload();
  };
  const confirm = async () => {
    if (!deed) return;
    const { kind, member } = deed;
    if (kind === 'hand') await handOverWorkspace(id, member.user_id);
    else await deleteMember(id, member.user_id);
    await Promise.all([reload(), onChange()]);
    setDeed(null);
    say(t(kind === 'hand' ? 'member.handed' : 'member.removed', { name: nameOf(member) }));
  };
  const others = (/** @type {Member} */ member) => mayManage && member.role !== 'owner';
  /** @type {import('/js/parts/table.js').Column<Member>[]} */
  const columns = [
    { key: 'person', label: t('member.person'), ch: 16, cell: (member) => html`<${Person} member=${member} isSelf=${member.user_id === me.id} />` },
    { key: 'role', label: t('member.role'), aside: true, ch: 8, cell: (member) => (others(member)
      ? html`<${Select} quiet label=${t('member.role_of', { name: nameOf(member) })} name="role" value=${member.role} onInput=${(/** @type {string} */ role) => changeRole(member, role)}
          options=${['editor', 'viewer'].map((value) => ({ value, label: t(`member.${value}`) }))} />`
      : html`<span class="quiet">${t(`member.${member.role}`)}</span>`) },
    { key: 'joined', label: t('member.joined'), right: true, labelled: true, ch: 9, cell: ({ joined_at }) => html`<span class="quiet"><${Time} at=${joined_at} /></span>` },
    ...(mayManage ? [{ key: 'actions', label: t('member.more'), right: true, aside: true, ch: 3, cell: (/** @type {Member} */ member) => others(member) && html`
      <${Actions} member=${member} onAct=${(/** @type {'hand' | 'remove'} */ kind) => setDeed({ kind, member })} />` }] : []),
  ];
  return html`
    <section class="card card--table" aria-labelledby="members">
      <div class="card__head"><h2 id="members">${t('team.members')}</h2>${workspace && !workspace.is_personal && html`<span class="quiet">${t(`member.${workspace.role}_are`)}</span>`}</div>
      ${data && error && html`<${Stale} error=${error} retry=${reload} />`}
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
        : html`<${Table} label=${t('team.members')} columns=${columns} rows=${data} n=${workspace?.n_members ?? 2} id=${(/** @type {Member} */ { user_id }) => user_id} />`}
      ${deed && html`
        <${Confirm} title=${t(`member.${deed.kind}_ask`, { name: nameOf(deed.member) })} text=${t(`member.${deed.kind}_text`, { name: nameOf(deed.member) })}
          action=${t(deed.kind === 'hand' ? 'member.hand_over' : 'member.remove')} onConfirm=${confirm} onClose=${() => setDeed(null)} />`}
    </section>`;
}
