// @ts-check
// One's own account: who one is, how one signs in, how the pages look, what one can take along, and the end of it.
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Facts } from '/js/parts/facts.js';
import { Settings } from '/js/parts/settings.js';
import { Time } from '/js/parts/time.js';
import { ENTRIES_FILE } from '/js/user/api.js';
import { CloseAccount } from '/js/user/close.js';
import { Profile } from '/js/user/profile.js';

/** @param {{ title: string, text: string, children?: any }} props */
function Card({ title, text, children }) {
  return html`
    <section class="card">
      <div class="card__head"><h2>${title}</h2></div>
      <p class="card__text">${text}</p>
      <div class="form__actions">${children}</div>
    </section>`;
}

/** @param {{ me: import('/js/user/api.js').User, renewMe: () => Promise<void>, onClosed: () => void }} props */
export default function Account({ me, renewMe, onClosed }) {
  const [closing, setClosing] = useState(false);
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.account')}</h1><p>${t('profile.lede')}</p></div></div>
      <div class="page__two page__two--level">
        <div class="page__stack">
          <${Profile} me=${me} renewMe=${renewMe} />
          <section class="card">
            <div class="card__head"><h2>${t('profile.facts')}</h2></div>
            <${Facts} rows=${[
              { name: t('profile.role'), value: t(`role.${me.role}`) },
              { name: t('profile.since'), value: html`<${Time} at=${me.created_at} />` },
              { name: t('profile.id'), value: html`<code>${me.id}</code>` },
            ]} />
          </section>
        </div>
        <div class="page__stack">
          <${Card} title=${t('profile.security')} text=${t('profile.security_text')}>
            <${Button} icon="lock" href="/account/password?next=/account">${t('title.password')}<//>
            <${Button} icon="device" href="/account/sessions">${t('title.sessions')}<//>
          <//>
          <section class="card">
            <div class="card__head"><h2>${t('settings.title')}</h2></div>
            <${Settings} />
          </section>
          <${Card} title=${t('profile.data')} text=${t('profile.data_text')}>
            <${Button} icon="download" href=${ENTRIES_FILE} download>${t('profile.data_action')}<//>
          <//>
        </div>
      </div>
      <section class="card deed">
        <div><h2>${t('close.title')}</h2><p>${t('close.text')}</p></div>
        <${Button} onClick=${() => setClosing(true)}>${t('close.open')}<//>
      </section>
      ${closing && html`<${CloseAccount} me=${me} onClose=${() => setClosing(false)} onClosed=${onClosed} />`}
    </div>`;
}
