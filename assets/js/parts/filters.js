// @ts-check
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';

/**
 * What narrows a list, in a row above it. `clear` takes all of it away, where there is something to take away.
 * @param {{ clear: (() => void) | null, inset?: boolean, children?: any }} props
 */
export function Filters({ clear, inset = false, children }) {
  return html`
    <div class=${inset ? 'filters filters--inset' : 'filters'} role="group" aria-label=${t('filters.title')}>
      ${children}
      ${clear && html`<${Button} kind="bare" icon="close" onClick=${clear}>${t('filters.clear')}<//>`}
    </div>`;
}

/** What an empty list means that is narrowed, for `List`. @param {() => void} clear */
export function nothingFits(clear) {
  return {
    icon: 'search', title: t('filters.none'), text: t('filters.none_text'),
    action: html`<${Button} kind="small" onClick=${clear}>${t('filters.clear')}<//>`,
  };
}
