// @ts-check
// Copying a text. Browsers give the clipboard to secure places only, and people may refuse it; then the text is selected, to be
// copied by hand. Which of the two it was is told in place, for a dialog hides the rest of the page from readers of screens.
import { t } from '/js/core/i18n.js';
import { html, useEffect, useRef, useState } from '/js/core/view.js';

const SHOW_MS = 1600;

/** @param {Element | null} element */
function select(element) {
  if (element instanceof HTMLInputElement) {
    element.focus();
    element.select();
  } else if (element) {
    getSelection()?.selectAllChildren(element);
  }
}

/**
 * `place` is the ref of what shows the text, `told` stands near it.
 * @param {string} text
 */
export function useCopy(text) {
  const place = useRef(/** @type {any} */ (null));
  const [state, setState] = useState(/** @type {'copied' | 'by_hand' | null} */ (null));
  useEffect(() => {
    if (state !== 'copied') return undefined;
    const timer = setTimeout(() => setState(null), SHOW_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      select(place.current);
      setState('by_hand');
    }
  };
  const told = html`
    <div role="status">
      ${state === 'copied' && html`<span class="unseen">${t('code.copied')}</span>`}
      ${state === 'by_hand' && html`<p class="field__hint gap-s">${t('code.by_hand')}</p>`}
    </div>`;
  return { place, copy, icon: state === 'copied' ? 'check' : 'copy', told };
}
