// @ts-check
// Asks somebody to work in a workspace. Who is asked by an address gets a link, and this is the only time it can be seen.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem, say } from '/js/parts/notice.js';
import { Secret } from '/js/parts/secret.js';
import { Select } from '/js/parts/select.js';
import { createInvitation } from '/js/workspace/api.js';

/** @param {{ email: string, link: string, onClose: () => void }} props */
function Link({ email, link, onClose }) {
  // A server that was not told its address leaves it out.
  const whole = new URL(link, location.origin).href;
  return html`
    <${Dialog} isShownOnce title=${t('invite.link_title')} onClose=${onClose}>
      <div class="form">
        <${Notice} kind="warn">${t('invite.link_once')}<//>
        <${Secret} label=${t('invite.link_for', { email })} value=${whole} />
        <${DialogFoot}><${Button} kind="main" onClick=${onClose}>${t('invite.done')}<//><//>
      </div>
    <//>`;
}

/** @param {{ id: string, onChange: () => Promise<void>, onClose: () => void }} props */
export function Invite({ id, onChange, onClose }) {
  const [made, setMade] = useState(/** @type {{ email: string, link: string } | null} */ (null));
  const { form, field, values, problem, busy } = useForm({
    initial: { who: '', role: 'editor' },
    check: ({ who }) => (who.trim() ? /** @type {Record<string, string>} */ ({}) : { who: t('invite.who_missing') }),
    async send({ who, role }) {
      const name = who.trim();
      try {
        const { link } = await createInvitation(id, name.includes('@') ? { email: name, role } : { username: name, role });
        await onChange();
        if (link) return setMade({ email: name, link });
        onClose();
        return say(t('invite.asked', { name }));
      } catch (error) {
        // One field stands for the two names that the server knows.
        for (const issue of error.issues ?? []) if (['username', 'email'].includes(issue.field)) issue.field = 'who';
        throw error;
      }
    },
  });
  if (made) return html`<${Link} ...${made} onClose=${onClose} />`;
  return html`
    <${Dialog} title=${t('invite.title')} text=${t('invite.text')} busy=${busy} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('invite.who_label')} autocomplete="off" hint=${t('invite.who_hint')} ...${field('who')} />
        <${Select} label=${t('member.role')} ...${field('role')} hint=${t(`member.${values.role}_may`)}
          options=${['editor', 'viewer'].map((value) => ({ value, label: t(`member.${value}`) }))} />
        <${DialogFoot}>
          <${Button} onClick=${() => { if (!busy) onClose(); }}>${t('cancel')}<//>
          <${Button} kind="main" type="submit" busy=${busy}>${t('invite.action')}<//>
        <//>
      </form>
    <//>`;
}
