// @ts-check
// An address without a screen, or with one that is not for this reader.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';

/** @param {{ path: string, forbidden?: boolean }} props */
export default function NotFound({ path, forbidden = false }) {
  const kind = forbidden ? 'forbidden' : 'not_found';
  return html`
    <div class="solo">
      <div class="solo__head">
        <p class="solo__code num">${forbidden ? 403 : 404}</p>
        <h1>${t(`title.${kind}`)}</h1>
        <p>${t(`${kind}.text`, { path })}</p>
      </div>
      <div class="form__actions"><${Button} href="/">${t('not_found.home')}<//></div>
    </div>`;
}
