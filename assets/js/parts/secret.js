// @ts-check
import { announce } from '/js/core/a11y.js';
import { t } from '/js/core/i18n.js';
import { html, useEffect, useId, useRef, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';

const SHOW_MS = 1600;

/** Something that is shown once, to be copied: a key, a password, a link. @param {{ label: string, value: string, hint?: string }} props */
export function Secret({ label, value, hint }) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOW_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    input.current?.select();
    // Browsers give the clipboard to secure places only; elsewhere the text lies selected.
    await navigator.clipboard?.writeText(value);
    setCopied(Boolean(navigator.clipboard));
    if (navigator.clipboard) announce(t('code.copied'));
  };
  return html`
    <div class="field">
      <label class="field__label" for=${id}>${label}</label>
      <div class="secret">
        <input class="field__input secret__text" id=${id} readonly value=${value} ref=${input} spellcheck=${false}
          aria-describedby=${hint ? `${id}-hint` : undefined} onFocus=${(/** @type {any} */ event) => event.target.select()} />
        <${Button} icon=${copied ? 'check' : 'copy'} onClick=${copy}>${t('code.copy')}<//>
      </div>
      ${hint && html`<p class="field__hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}
