// @ts-check
// Closing one's own account. It says what is lost and what stands in the way before anything is typed, and asks twice: for the
// name, which a slip does not type, and for the password, which a stranger does not know.
import { balance, renewBalance } from '/js/core/balance.js';
import { useForm } from '/js/core/form.js';
import { credits } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect } from '/js/core/view.js';
import { renewWorkspaces, workspaces } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { closeMe } from '/js/user/api.js';

/** @typedef {import('/js/core/workspaces.js').Workspace} Workspace */

/** @param {{ list: Workspace[] }} props */
function Links({ list }) {
  return list.map(({ id, name }, place) => html`${place > 0 && ', '}<a class="link" key=${id} href=${`/workspaces/${id}`}>${name}</a>`);
}

/** @param {{ own: Workspace[] }} props */
function Lost({ own }) {
  const held = useStore(balance);
  return html`
    <${Notice} kind="warn">
      <p>${t('close.warning')} ${!held ? t('close.credits') : held.total > 0 && t('close.credits_lost', { n: held.total, credits: credits(held.total) })}</p>
      ${own.length > 0 && html`<p>${t('close.workspaces_lost')} <${Links} list=${own} /></p>`}
    <//>`;
}

/** @param {{ me: import('/js/user/api.js').User, onClose: () => void, onClosed: () => void }} props */
export function CloseAccount({ me, onClose, onClosed }) {
  const own = (useStore(workspaces) ?? []).filter(({ role }) => role === 'owner');
  const shared = own.filter(({ n_members }) => n_members > 1);
  const look = () => Promise.all([renewBalance(), renewWorkspaces()]).catch(() => {});
  useEffect(() => { look(); }, []);
  const { form, field, problem, busy, dialog } = useForm({
    initial: { typed: '', password: '' },
    guarded: false,
    check: ({ typed, password }) => ({
      ...(typed.trim() === me.username ? {} : { typed: t('dialog.type_wrong', { word: me.username }) }),
      ...(password ? {} : { password: t('close.password_missing') }),
    }),
    async send({ password }) {
      try {
        await closeMe(password);
      } catch (error) {
        // Somebody may have joined a workspace meanwhile, which stands in the way now.
        if (error.status === 409) await look();
        throw error;
      }
      onClosed();
    },
  });
  if (shared.length) {
    return html`
      <${Dialog} key="shared" title=${t('close.title')} onClose=${onClose}>
        <${Notice} kind="bad"><p>${t('error.owns_shared_workspaces')}</p><p><${Links} list=${shared} /></p><//>
        <${DialogFoot}><${Button} onClick=${onClose}>${t('dialog.close')}<//><//>
      <//>`;
  }
  return html`
    <${Dialog} key="form" title=${t('close.title')} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        <${Lost} own=${own} />
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('dialog.type', { word: me.username })} autocomplete="off" ...${field('typed')} />
        <${Field} label=${t('close.password')} type="password" autocomplete="current-password" ...${field('password')} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="bad" type="submit" busy=${busy}>${t('close.action')}<//>
        <//>
      </form>
    <//>`;
}
