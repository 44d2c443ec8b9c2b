// @ts-check
// Asks somebody to work in a workspace. Who is asked by an address gets a link, and this is the only time it can be seen.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem, say } from '/js/parts/notice.js';
import { Secret } from '/js/parts/secret.js';
import { Select } from '/js/parts/select.js';
import { createInvitation } from '/js/workspace/api.js';

/** @typedef {{ email: string, link: string, isAgain: boolean }} Made */

/** @param {Made & { isBarred: boolean, onClose: () => void }} props */
function Link({ email, link, isAgain, isBarred, onClose }) {
  // A server that was not told its address leaves it out.
  const whole = new URL(link, location.origin).href;
  return html`
    <${Dialog} isShownOnce title=${t('invite.link_title')} onClose=${onClose}>
      <div class="form">
        <${Notice} kind="warn">${t('invite.link_once')} ${isAgain && t('invite.link_again')}<//>
        <${Secret} label=${t('invite.link_for', { email })} value=${whole} />
        ${isBarred && html`<p class="quiet">${t('invite.account_first')}</p>`}
        <${DialogFoot}><${Button} kind="main" onClick=${onClose}>${t('invite.done')}<//><//>
      </div>
    <//>`;
}

/** @param {string} one @param {string | null} other */
const isSame = (one, other) => one.toLowerCase() === other?.toLowerCase();

/** One field stands for the two names that the server knows. @param {any} error */
function asOneField(error) {
  for (const issue of error.issues ?? []) {
    // What is wrong with an address is said as it is said of every address.
    if (issue.field === 'email') issue.code = `email.${issue.code}`;
    if (['username', 'email'].includes(issue.field)) issue.field = 'who';
  }
  return error;
}

/**
 * @param {{ id: string, me: any, asked: import('/js/core/workspaces.js').Invitation[], isBarred: boolean,
 *   onChange: () => Promise<void>, onClose: () => void }} props `isBarred` says that guests cannot make their account themselves
 */
export function Invite({ id, me, asked, isBarred, onChange, onClose }) {
  const [made, setMade] = useState(/** @type {Made | null} */ (null));
  const { form, field, values, problem, busy, dialog } = useForm({
    initial: { who: '', role: 'editor' },
    check({ who }) {
      const name = who.trim();
      if (!name) return { who: t('invite.who_missing') };
      return /** @type {Record<string, string>} */ (isSame(name, me.username) || isSame(name, me.email) ? { who: t('invite.who_self') } : {});
    },
    async send({ who, role }) {
      const name = who.trim();
      const isAgain = asked.some(({ username, email }) => isSame(name, username ?? email));
      const question = name.includes('@') ? { email: name, role } : { username: name, role };
      const { link } = await createInvitation(id, question).catch((error) => { throw asOneField(error); });
      await onChange();
      if (link) return setMade({ email: name, link, isAgain });
      onClose();
      return say(isAgain ? t('invite.replaced', { name, role: t(`member.${role}`) }) : t('invite.asked', { name }));
    },
  });
  if (made) return html`<${Link} ...${made} isBarred=${isBarred} onClose=${onClose} />`;
  const hint = isBarred ? `${t('invite.who_hint')} ${t('invite.account_first')}` : t('invite.who_hint');
  return html`
    <${Dialog} title=${t('invite.title')} text=${t('invite.text')} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('invite.who_label')} autocomplete="off" hint=${hint} ...${field('who')} />
        <${Select} label=${t('member.role')} ...${field('role')} hint=${t(`member.${values.role}_may`)}
          options=${['editor', 'viewer'].map((value) => ({ value, label: t(`member.${value}`) }))} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${t('invite.action')}<//>
        <//>
      </form>
    <//>`;
}
