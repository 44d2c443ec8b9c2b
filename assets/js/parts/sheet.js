// @ts-check
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Skeleton } from '/js/parts/skeleton.js';

/** @typedef {{ number: number, cells: string[], faults: Map<number, string> }} SheetRow `faults` are by place */

/**
 * Cells as they were written, side by side however many there are; what is wrong with one is said where it stands. It
 * scrolls to the side, on a phone too, for cells belong under their headings.
 * @param {{ label: string, columns: string[], rows: SheetRow[] | null, n?: number }} props
 */
export function Sheet({ label, columns, rows, n = 5 }) {
  if (rows === null) {
    return html`<div class="sheet sheet--waiting" aria-busy="true">${Array.from({ length: n }, (_, place) => html`<${Skeleton} key=${place} ch=${60} />`)}</div>`;
  }
  return html`
    <div class="sheet" tabindex="0" role="region" aria-label=${label}>
      <table class="sheet__table num" aria-label=${label}>
        <thead><tr><th scope="col" class="sheet__number"><span class="unseen">${t('sheet.row')}</span></th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
        <tbody>
          ${rows.map((row) => html`
            <tr key=${row.number}>
              <th scope="row" class="sheet__number">${number(row.number)}</th>
              ${row.cells.map((cell, place) => {
                const fault = row.faults.get(place);
                return html`
                  <td class=${fault ? 'sheet__cell--bad' : undefined} title=${fault}>
                    ${cell.trim() ? cell : html`<span class="sheet__nothing">${t('sheet.nothing')}</span>`}${fault && html`<span class="unseen">, ${fault}</span>`}
                  </td>`;
              })}
            </tr>`)}
        </tbody>
      </table>
    </div>`;
}
