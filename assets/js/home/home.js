// @ts-check
// Where everybody lands after signing in.
import { day } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { ThisServer } from '/js/home/this-server.js';
import { Button } from '/js/parts/button.js';
import { Code } from '/js/parts/code.js';
import { Facts } from '/js/parts/facts.js';

/** Which greeting fits the reader's clock. */
function greeting() {
  const hour = new Date().getHours();
  return hour < 5 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening';
}

/** @param {{ me: any }} props */
function Account({ me }) {
  return html`
    <section class="card">
      <div class="card__head">
        <h2>${t('account.title')}</h2>
        <${Button} kind="small" href="/account/password">${t('password.title')}<//>
      </div>
      <${Facts} rows=${[
        { name: t('account.username'), value: me.username },
        ...(me.full_name ? [{ name: t('account.full_name'), value: me.full_name }] : []),
        ...(me.email ? [{ name: t('account.email'), value: me.email }] : []),
        { name: t('account.role'), value: t(`role.${me.role}`) },
        { name: t('account.since'), value: day(me.created_at) },
      ]} />
    </section>`;
}

function Rest() {
  return html`
    <section class="card">
      <div class="card__head"><h2>${t('home.rest')}</h2></div>
      <p class="card__text">${t('home.rest_text')}</p>
      <${Code} label=${t('home.rest')} lines=${[{ command: `curl ${location.origin}/healthz` }]} />
      <div class="form__actions card__after">
        <${Button} kind="small" href="/docs">${t('nav.try')}<//>
        <${Button} kind="small" href="/redoc">${t('nav.reference')}<//>
      </div>
    </section>`;
}

/** @param {{ me: any }} props */
export default function Home({ me }) {
  const name = me.full_name?.split(' ')[0] || me.username;
  const admin = me.role === 'admin';
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t(`home.${greeting()}`, { name })}</h1><p>${t(admin ? 'home.lede_admin' : 'home.lede')}</p></div>
        ${admin && html`<${Button} href="/system" icon="pulse">${t('system.title')}<//>`}
      </div>
      <div class="page__two">
        <div class="page__stack"><${Account} me=${me} /><${Rest} /></div>
        <${ThisServer} />
      </div>
    </div>`;
}
