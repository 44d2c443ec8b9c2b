// @ts-check
// An account made by the staff, and the one-time password that is handed on.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { createUser } from '/js/admin/api.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { Secret } from '/js/parts/secret.js';
import { Select } from '/js/parts/select.js';

/** Shows a password for the only time. @param {{ name: string, password: string, id?: string, onClose: () => void }} props */
export function OneTimePassword({ name, password, id, onClose }) {
  return html`
    <${Dialog} isShownOnce title=${t('users.password_title', { name })} onClose=${onClose}>
      <${Notice} kind="warn">${t('users.password_once')}<//>
      <${Secret} label=${t('users.password')} value=${password} hint=${t('users.password_hint')} />
      <${DialogFoot}>
        ${id && html`<${Button} href=${`/admin/users/${id}`}>${t('users.open')}<//>`}
        <${Button} kind="main" onClick=${onClose}>${t('users.password_kept')}<//>
      <//>
    <//>`;
}

/** @param {{ onClose: () => void, onDone: () => void }} props */
export function NewUser({ onClose, onDone }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  const { form, field, values, change, problem, busy, dialog } = useForm({
    initial: { username: '', email: '', role: 'user' },
    check: ({ username }) => (username.trim() ? {} : { username: t('users.name_missing') }),
    async send({ username, email, role }) {
      setMade({ ...await createUser({ username: username.trim(), ...(email.trim() ? { email: email.trim() } : {}), role }), username: username.trim() });
      onDone();
    },
  });
  if (made) return html`<${OneTimePassword} key="made" name=${made.username} password=${made.password} id=${made.user_id} onClose=${onClose} />`;
  return html`
    <${Dialog} key="new" title=${t('users.new')} text=${t('users.new_text')} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('users.name')} autocomplete="off" ...${field('username')} />
        <${Field} label=${t('users.email_optional')} type="email" autocomplete="off" ...${field('email')} />
        <${Select} label=${t('users.role')} name="role" value=${values.role} onInput=${(/** @type {string} */ role) => change({ role })}
          options=${['user', 'admin'].map((value) => ({ value, label: t(`role.${value}`) }))} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${t('users.make')}<//>
        <//>
      </form>
    <//>`;
}
