// @ts-check
// The front page for visitors: what this is, a model to try at once, what things cost, and the way in.
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { health } from '/js/core/server.js';
import { useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { Demo } from '/js/home/demo.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Code } from '/js/parts/code.js';
import { Icon } from '/js/parts/icon.js';

/** What this release does, in the order in which people ask. */
const OFFER = [
  { name: 'predict', icon: 'model' }, { name: 'many', icon: 'list' }, { name: 'keys', icon: 'key' },
  { name: 'together', icon: 'people' }, { name: 'own', icon: 'shield' }, { name: 'docs', icon: 'book' },
];

const SENT = 10_000;
const REJECTED = 37;

function Hero() {
  return html`
    <section class="hero">
      <div>
        <h1 class="hero__title">${t('front.title')}</h1>
        <p class="hero__text">${t('front.text')}</p>
      </div>
      <div class="hero__actions">
        <${Button} kind="main" href="/sign-up">${t('front.sign_up')}<//>
        <${Button} href="#charging">${t('front.how')}<//>
      </div>
    </section>`;
}

function Charging() {
  const rows = [
    { name: t('front.bill_sent'), value: t('front.rows', { n: SENT, count: number(SENT) }) },
    { name: t('front.bill_rejected', { n: REJECTED, count: number(REJECTED) }), value: credits(0) },
    { name: t('front.bill_predicted', { n: SENT - REJECTED, count: number(SENT - REJECTED) }), value: credits(SENT - REJECTED) },
  ];
  return html`
    <section class="pair" aria-labelledby="charging">
      <div class="offer__head">
        <h2 id="charging">${t('front.charging')}</h2>
        <p>${t('front.charging_text')}</p>
        <ul class="ticks">${['price', 'mistakes', 'ledger'].map((name) => html`<li key=${name}><${Icon} name="check" />${t(`front.charging_${name}`)}</li>`)}</ul>
      </div>
      <figure class="card bill" aria-label=${t('front.bill')}>
        <figcaption class="bill__head"><span>${t('front.bill')}</span><${Badge} status="succeeded" /></figcaption>
        <dl class="facts">
          ${rows.map(({ name, value }) => html`<div class="facts__row" key=${name}><dt class="facts__name">${name}</dt><dd class="facts__value">${value}</dd></div>`)}
          <div class="facts__row bill__sum"><dt>${t('front.bill_sum')}</dt><dd class="facts__value">${credits(SENT - REJECTED)}</dd></div>
        </dl>
      </figure>
    </section>`;
}

function Rest() {
  const lines = [
    { note: t('front.rest_note') },
    {
      command: `curl ${location.origin}/api/models/wine/demo \\\n  -H 'Content-Type: application/json' \\\n`
        + `  -d '{"row": [7.4, 0.7, 0, 1.9, 0.076, 11,\n    34, 0.9978, 3.51, 0.56, 9.4]}'`,
    },
  ];
  return html`
    <section class="pair pair--turned" aria-labelledby="by-rest">
      <div class="offer__head">
        <h2 id="by-rest">${t('front.rest')}</h2>
        <p>${t('front.rest_text')}</p>
        <div class="hero__actions">
          <${Button} href="/docs">${t('nav.try')}<${Icon} name="arrow" /><//>
          <${Button} kind="bare" href="/redoc">${t('nav.reference')}<//>
        </div>
      </div>
      <${Code} label=${t('front.rest_command')} lines=${lines} />
    </section>`;
}

function Foot() {
  const { data, error } = useLoad(health);
  return html`
    <footer class="foot">
      <span>${t('front.foot')}</span>
      <span class="foot__server num">${data && html`Cellar ${data.version}`} ${(data || error) && html`<${Badge} status=${error?.status === 0 ? 'unreachable' : data?.status ?? 'error'} />`}</span>
      <nav aria-label=${t('nav.foot')}><a href="/docs">${t('nav.try')}</a><a href="/redoc">${t('nav.reference')}</a></nav>
    </footer>`;
}

export default function Front() {
  return html`
    <div class="front">
      <div class="front__first"><${Hero} /><${Demo} /></div>
      <${Charging} />
      <${Rest} />
      <section class="offer">
        <div class="offer__head"><h2>${t('front.offer')}</h2></div>
        <ul class="offer__list">
          ${OFFER.map(({ name, icon }) => html`
            <li class="offer__one" key=${name}><${Icon} name=${icon} /><h3>${t(`front.${name}`)}</h3><p>${t(`front.${name}_text`)}</p></li>`)}
        </ul>
      </section>
      <${Foot} />
    </div>`;
}
