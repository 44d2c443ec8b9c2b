// @ts-check
// The front page for visitors. The hero and the list below it are pieces that a later release can exchange.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { ThisServer } from '/js/home/this-server.js';
import { Button } from '/js/parts/button.js';
import { Code } from '/js/parts/code.js';
import { Icon } from '/js/parts/icon.js';

/** What this release does, in the order in which people ask. */
const OFFER = [
  { name: 'access', icon: 'key' }, { name: 'jobs', icon: 'jobs' }, { name: 'check', icon: 'shield' },
  { name: 'backup', icon: 'archive' }, { name: 'docs', icon: 'book' }, { name: 'metrics', icon: 'chart' },
];

function Hero() {
  return html`
    <section class="hero">
      <div>
        <h1 class="hero__title">${t('front.title')}</h1>
        <p class="hero__text">${t('front.text')}</p>
        <div class="hero__actions">
          <${Button} kind="main" href="/sign-in">${t('sign_in.action')}<//>
          <${Button} href="/docs">${t('nav.try')}<${Icon} name="arrow" /><//>
        </div>
        <div class="hero__code">
          <${Code} label=${t('front.commands')} lines=${[
            { note: t('front.note_init') }, { command: 'cellar init-db' },
            { note: t('front.note_serve', { address: location.origin }) }, { command: 'cellar serve' },
          ]} />
        </div>
      </div>
      <${ThisServer} floats />
    </section>`;
}

function Offer() {
  return html`
    <section class="offer">
      <div class="offer__head"><h2>${t('front.offer')}</h2><p>${t('front.offer_text')}</p></div>
      <ul class="offer__list">
        ${OFFER.map(({ name, icon }) => html`
          <li class="offer__one" key=${name}>
            <${Icon} name=${icon} />
            <h3>${t(`front.${name}`)}</h3>
            <p>${t(`front.${name}_text`)}</p>
          </li>`)}
      </ul>
    </section>`;
}

export default function Front() {
  return html`
    <div class="front">
      <${Hero} />
      <${Offer} />
      <footer class="foot">
        <span>${t('front.foot')}</span>
        <nav aria-label=${t('nav.foot')}><a href="/docs">${t('nav.try')}</a><a href="/redoc">${t('nav.reference')}</a></nav>
      </footer>
    </div>`;
}
