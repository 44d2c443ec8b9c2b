// @ts-check
import { t } from '/js/core/i18n.js';
import { html, useId } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { useCopy } from '/js/parts/copy.js';

/** Something that is shown once, to be copied: a key, a password, a link. @param {{ label: string, value: string, hint?: string }} props */
export function Secret({ label, value, hint }) {
  const id = useId();
  const { place, copy, icon, told } = useCopy(value);
  return html`
    <div class="field">
      <label class="field__label" for=${id}>${label}</label>
      <div class="secret">
        <input class="field__input secret__text" id=${id} readonly value=${value} ref=${place} spellcheck=${false}
          aria-describedby=${hint ? `${id}-hint` : undefined} onFocus=${(/** @type {any} */ event) => event.target.select()} />
        <${Button} icon=${icon} onClick=${copy}>${t('code.copy')}<//>
      </div>
      ${told}
      ${hint && html`<p class="field__hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}
