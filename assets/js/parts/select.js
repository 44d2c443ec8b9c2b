// @ts-check
import { html, useId } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

/**
 * One of several, chosen from the browser's own list. Without a visible label (`quiet`) the name is for readers of
 * screens alone, as in a row of filters.
 * @param {{ label: string, name: string, value: string, options: { value: string, label: string }[],
 *   onInput: (value: string) => void, error?: string, hint?: string, quiet?: boolean }} props
 */
export function Select({ label, name, value, options, onInput, error, hint, quiet = false }) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return html`
    <div class=${quiet ? 'select select--quiet' : 'field'}>
      <label class=${quiet ? 'unseen' : 'field__label'} for=${id}>${label}</label>
      <div class="field__box">
        <select class="field__input select__list" id=${id} name=${name} aria-invalid=${error ? 'true' : undefined}
          aria-describedby=${described || undefined}
          onChange=${(/** @type {any} */ event) => onInput(event.target.value)}>
          ${options.map((option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
        </select>
        <span class="select__mark"><${Icon} name="down" /></span>
      </div>
      ${error && html`<p class="field__error" id=${`${id}-error`}><${Icon} name="warn" />${error}</p>`}
      ${hint && html`<p class="field__hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}
