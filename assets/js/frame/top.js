// @ts-check
// The strip above the signed-out pages.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';
import { Menu } from '/js/parts/menu.js';
import { Settings } from '/js/parts/settings.js';

/** @param {{ path: string }} props */
export function Top({ path }) {
  return html`
    <div class="strip">
      <a class="brand" href="/"><${Icon} name="logo" variant="logo" />Cellar</a>
      <nav class="strip__links" aria-label=${t('nav.main')}>
        <${Button} kind="bare" href="/docs">${t('nav.try')}<//>
        <${Button} kind="bare" href="/redoc" class="strip__extra">${t('nav.reference')}<//>
      </nav>
      <${Menu} label=${t('settings.title')}
        button=${(/** @type {any} */ props) => html`
          <button class="button button--bare button--icon" aria-label=${t('settings.title')} title=${t('settings.title')} ...${props}>
            <${Icon} name="sliders" />
          </button>`}>
        ${() => html`<${Settings} />`}
      <//>
      ${path !== '/sign-in' && html`<${Button} href="/sign-in">${t('sign_in.action')}<//>`}
    </div>`;
}
