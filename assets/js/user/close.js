// @ts-check
// Closing one's own account. It asks twice: for the name, which a slip does not type, and for the password, which a stranger
// does not know.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { closeMe } from '/js/user/api.js';

/** @param {{ me: import('/js/user/api.js').User, onClose: () => void, onClosed: () => void }} props */
export function CloseAccount({ me, onClose, onClosed }) {
  const { form, field, problem, busy } = useForm({
    initial: { typed: '', password: '' },
    check: ({ typed, password }) => ({
      ...(typed.trim() === me.username ? {} : { typed: t('dialog.type_wrong', { word: me.username }) }),
      ...(password ? {} : { password: t('close.password_missing') }),
    }),
    async send({ password }) {
      await closeMe(password);
      onClosed();
    },
  });
  return html`
    <${Dialog} title=${t('close.title')} busy=${busy} onClose=${onClose}>
      <form class="form" ...${form}>
        <${Notice} kind="warn">${t('close.warning')}<//>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('dialog.type', { word: me.username })} autocomplete="off" ...${field('typed')} />
        <${Field} label=${t('close.password')} type="password" autocomplete="current-password" ...${field('password')} />
        <${DialogFoot}>
          <${Button} onClick=${() => { if (!busy) onClose(); }}>${t('cancel')}<//>
          <${Button} kind="bad" type="submit" busy=${busy}>${t('close.action')}<//>
        <//>
      </form>
    <//>`;
}
