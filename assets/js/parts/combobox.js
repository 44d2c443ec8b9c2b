// @ts-check
import { html, useEffect, useId, useRef, useState } from '/js/core/view.js';

/** @typedef {{ value: string, label: string, more?: string }} Option */

/**
 * A field that offers what fits while one types. Arrow keys walk the offers, Enter takes one, Escape closes them.
 * @param {{ label: string, name: string, value: string, options: Option[], onInput: (text: string) => void, onChoose: (option: Option) => void,
 *   error?: string, hint?: string, empty?: string, placeholder?: string, quiet?: boolean }} props `options` are those that fit already
 */
export function Combobox({ label, name, value, options, onInput, onChoose, error, hint, empty, placeholder, quiet = false }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => { setAt(-1); }, [value, options.length]);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const take = (/** @type {Option} */ option) => {
    setOpen(false);
    onChoose(option);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      event.preventDefault();
      setOpen(false);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (options.length) setAt((old) => (old + step + options.length) % options.length);
    } else if (event.key === 'Enter' && open && options[at]) {
      event.preventDefault();
      take(options[at]);
    }
  };
  const shown = open && (options.length > 0 || Boolean(empty && value));
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return html`
    <div class="field combobox">
      <label class=${quiet ? 'unseen' : 'field__label'} for=${id}>${label}</label>
      <div class="field__box">
        <input class="field__input" id=${id} name=${name} value=${value} placeholder=${placeholder} role="combobox" autocomplete="off" autocapitalize="none"
          spellcheck=${false} aria-expanded=${shown ? 'true' : 'false'} aria-controls=${`${id}-list`} aria-autocomplete="list"
          aria-activedescendant=${shown && at >= 0 ? `${id}-${at}` : undefined} aria-invalid=${error ? 'true' : undefined}
          aria-describedby=${described || undefined} onKeyDown=${onKeyDown} onBlur=${() => setOpen(false)}
          onInput=${(/** @type {any} */ event) => { setOpen(true); onInput(event.target.value); }} />
        <ul class="combobox__list" id=${`${id}-list`} role="listbox" aria-label=${label} hidden=${!shown} ref=${list}>
          ${options.map((option, place) => html`
            <li class="combobox__option" key=${option.value} id=${`${id}-${place}`} role="option" aria-selected=${place === at ? 'true' : 'false'}
              onPointerDown=${(/** @type {Event} */ event) => { event.preventDefault(); take(option); }}>
              <span>${option.label}</span>${option.more && html`<span class="combobox__more">${option.more}</span>`}
            </li>`)}
          ${options.length === 0 && empty && html`<li class="combobox__empty" role="option" aria-disabled="true" aria-selected="false">${empty}</li>`}
        </ul>
      </div>
      ${error && html`<p class="field__error" id=${`${id}-error`}>${error}</p>`}
      ${hint && html`<p class="field__hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}
