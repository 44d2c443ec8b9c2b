// @ts-check
// What the staff can do to an account, each with what follows from it.
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { disableUser, enableUser, endUserSessions, resetUserPassword, updateUserRole } from '/js/admin/api.js';
import { OneTimePassword } from '/js/admin/new-user.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { say } from '/js/parts/notice.js';

/** @typedef {import('/js/admin/api.js').UserDetail} UserDetail */
/** @typedef {'role' | 'sign_out' | 'password' | 'disable' | 'enable'} Deed */

/** @param {{ name: string, text: string, action: string, onClick: () => void }} props */
function Row({ name, text, action, onClick }) {
  return html`
    <div class="facts__row">
      <dt class="facts__name">${name}<span class="facts__detail">${text}</span></dt>
      <dd class="facts__value"><${Button} kind="small" onClick=${onClick}>${action}<//></dd>
    </div>`;
}

/** @param {{ user: UserDetail, onDone: () => Promise<void> }} props */
export function Deeds({ user, onDone }) {
  const [asked, setAsked] = useState(/** @type {Deed | null} */ (null));
  const [password, setPassword] = useState(/** @type {string | null} */ (null));
  const next = user.role === 'admin' ? 'user' : 'admin';
  const name = user.username;
  /** @type {Record<Deed, () => Promise<any>>} */
  const acts = {
    role: () => updateUserRole(user.id, next),
    sign_out: () => endUserSessions(user.id),
    password: async () => setPassword((await resetUserPassword(user.id)).password),
    disable: () => disableUser(user.id),
    enable: () => enableUser(user.id),
  };
  const confirm = async () => {
    const deed = /** @type {Deed} */ (asked);
    await acts[deed]();
    await onDone();
    setAsked(null);
    if (deed !== 'password') say(t(`deed.${deed}_done`, { name }));
  };
  const able = user.state === 'disabled' ? 'enable' : 'disable';
  const row = (/** @type {Deed} */ deed, /** @type {string} */ word) => html`
    <${Row} name=${t(`deed.${deed}`)} text=${t(`deed.${deed}_text`)} action=${word} onClick=${() => setAsked(deed)} />`;
  return html`
    <section class="card">
      <div class="card__head"><h2>${t('deed.title')}</h2></div>
      <dl class="facts">
        ${row('role', t(`deed.to_${next}`))}
        ${row('sign_out', t('deed.sign_out_do'))}
        ${row('password', t('deed.password_do'))}
        ${row(able, t(`deed.${able}_do`))}
      </dl>
      ${asked && html`
        <${Confirm} title=${t(`deed.${asked}_ask`, { name, role: t(`role.${next}`) })} text=${t(`deed.${asked}_text`)} harmless=${asked === 'enable'}
          action=${asked === 'role' ? t(`deed.to_${next}`) : t(`deed.${asked}_do`)} onConfirm=${confirm} onClose=${() => setAsked(null)} />`}
      ${password && html`<${OneTimePassword} name=${name} password=${password} onClose=${() => setPassword(null)} />`}
    </section>`;
}
