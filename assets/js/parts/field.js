// @ts-check
import { t } from '/js/core/i18n.js';
import { html, useId, useState } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

/**
 * A labelled text field with its hint and, when something is wrong, what is wrong with it.
 * @param {{ label: string, name: string, value: string, onInput: (value: string) => void, error?: string, hint?: string,
 *   type?: string, autocomplete?: string, [attribute: string]: any }} props
 */
export function Field({ label, name, value, onInput, error, hint, type = 'text', ...rest }) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === 'password';
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return html`
    <div class="field">
      <label class="field__label" for=${id}>${label}</label>
      <div class="field__box">
        <input class=${secret ? 'field__input field__input--tail' : 'field__input'} id=${id} name=${name} value=${value}
          type=${secret && shown ? 'text' : type} aria-invalid=${error ? 'true' : undefined}
          aria-describedby=${described || undefined} autocapitalize="none" spellcheck=${false}
          onInput=${(/** @type {any} */ event) => onInput(event.target.value)} ...${rest} />
        ${secret && html`
          <button class="button field__tail" type="button" aria-pressed=${shown ? 'true' : 'false'} aria-controls=${id}
            aria-label=${t('field.show_password')} title=${t(shown ? 'field.hide_password' : 'field.show_password')}
            onClick=${() => setShown(!shown)}>
            <${Icon} name=${shown ? 'eye-off' : 'eye'} />
          </button>`}
      </div>
      ${error && html`<p class="field__error" id=${`${id}-error`}><${Icon} name="warn" />${error}</p>`}
      ${hint && html`<p class="field__hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}
