// @ts-check
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';

/**
 * A row's cells one under the other, for a window that has no room for them side by side.
 * @param {{ cells: { title: any, shown: any }[], open?: boolean }} props
 */
export function RowCells({ cells, open = false }) {
  return html`
    <details class="fold" open=${open}>
      <summary class="fold__title">${t('results.cells')}</summary>
      <ul class="matches">${cells.map(({ title, shown }, at) => html`<li class="matches__one" key=${at}><b>${title}</b> <span class="quiet">${shown}</span></li>`)}</ul>
    </details>`;
}
