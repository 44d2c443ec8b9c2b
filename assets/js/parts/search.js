// @ts-check
import { html, useEffect, useLayoutEffect, useRef, useState } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

const WAIT_MS = 250;

/**
 * A field to search in a list. It asks once the typing pauses; what is typed stays even while the answer is on its way.
 * @param {{ label: string, value: string, onSearch: (text: string) => void, hint?: string }} props
 */
export function Search({ label, value, onSearch, hint }) {
  const [text, setText] = useState(value);
  const last = useRef(value);
  // The address was changed by other means, such as Back.
  useEffect(() => {
    if (value !== last.current) setText(value);
    last.current = value;
  }, [value]);
  // At once: what is asked for after the list is gone would be asked of the next screen.
  useLayoutEffect(() => {
    if (text === last.current) return undefined;
    const timer = setTimeout(() => {
      last.current = text;
      onSearch(text);
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  // What is pressed next is done to what was typed.
  const hurry = () => {
    if (text === last.current) return;
    last.current = text;
    onSearch(text);
  };
  return html`
    <div class="search" role="search">
      <span class="search__mark"><${Icon} name="search" /></span>
      <input class="field__input search__input" type="search" aria-label=${label} placeholder=${hint ?? label} value=${text}
        autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="200"
        onInput=${(/** @type {any} */ event) => setText(event.target.value)} onBlur=${hurry} />
    </div>`;
}
