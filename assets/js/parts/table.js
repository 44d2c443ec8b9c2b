// @ts-check
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';
import { Blank, Failure, Problem } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';

/**
 * `cell` draws what stands in a row below the `label`, which is plain text where it is told beside cells. The first column names the row; on a phone, where each row is a card of two cells a
 * line, `aside` cells stand at the right edge and `labelled` ones say their column's name. `sort` is the word for sorting
 * by it, `far` columns are left out on a phone, `near` ones are there alone, `wide` ones take a line of their own there.
 * @template T
 * @typedef {{ key: string, label: any, cell: (row: T) => any, right?: boolean, aside?: boolean, labelled?: boolean,
 *   far?: boolean, near?: boolean, wide?: boolean, sort?: string, ch?: number }} Column
 */
/** @typedef {{ by: string, down: boolean }} Sort */

/** @param {Column<any>} column */
function names({ right, aside, far, near, wide }) {
  return [right && 'table__right', aside && 'table__aside', far && 'table__far', near && 'table__near', wide && 'table__wide'].filter(Boolean).join(' ') || undefined;
}

/** @param {{ column: Column<any>, sort?: Sort, onSort?: (sort: Sort) => void }} props */
function Head({ column, sort, onSort }) {
  const chosen = column.sort && sort?.by === column.sort;
  const state = column.sort ? (chosen ? (sort.down ? 'descending' : 'ascending') : 'none') : undefined;
  return html`
    <th scope="col" class=${names(column)} aria-sort=${state}>
      ${column.sort && onSort
        ? html`
          <button class="table__sort" type="button"
            onClick=${() => onSort({ by: String(column.sort), down: chosen ? !sort.down : true })}>
            ${column.label}<${Icon} name=${chosen ? (sort.down ? 'down' : 'up') : 'updown'} />
          </button>`
        : column.label}
    </th>`;
}

/**
 * Rows under headings. `rows` is `null` while they are being loaded. With `href` a row leads somewhere: its first cell is
 * the link, and the whole row can be clicked.
 * @param {{ label: string, columns: Column<any>[], rows: any[] | null, href?: (row: any) => string | undefined,
 *   id?: (row: any) => string, sort?: Sort, onSort?: (sort: Sort) => void, busy?: boolean, n?: number }} props
 */
export function Table({ label, columns, rows, href, id = (row) => row.id, sort, onSort, busy = false, n = 5 }) {
  const waiting = rows === null;
  return html`
    <table class=${busy && !waiting ? 'table table--busy' : 'table'} aria-label=${label} aria-busy=${waiting || busy ? 'true' : undefined}>
      <thead><tr>${columns.map((column) => html`<${Head} key=${column.key} column=${column} sort=${sort} onSort=${onSort} />`)}</tr></thead>
      <tbody>
        ${(rows ?? Array(n).fill(null)).map((row, place) => {
          const to = row && href?.(row);
          return html`
            <tr key=${row ? id(row) : `coming ${place}`} class=${to ? 'table__row--link' : undefined}>
              ${columns.map((column, at) => {
                const inside = row ? column.cell(row) : html`<${Skeleton} ch=${column.ch ?? 8} />`;
                return html`
                  <td key=${column.key} class=${names(column)} data-label=${column.labelled ? column.label : undefined}>
                    ${to && at === 0 ? html`<a class="table__main table__link" href=${to}>${inside}</a>` : inside}
                  </td>`;
              })}
            </tr>`;
        })}
      </tbody>
    </table>`;
}

/** More of the same, below a list. @param {{ pages: import('/js/core/pages.js').Pages<any> }} props */
export function Pager({ pages }) {
  return html`
    ${pages.nextError && html`<div class="pager"><${Problem} error=${pages.nextError} /></div>`}
    ${pages.next && html`
      <div class="pager">
        <${Button} kind="small" busy=${pages.nextBusy} onClick=${pages.next}>${t('table.more')}<//>
      </div>`}`;
}

/**
 * A list in all its states: on its way, failed, empty, and full with what follows. `blank` says what an empty list means.
 * @param {{ label: string, columns: Column<any>[], pages: import('/js/core/pages.js').Pages<any>,
 *   blank: { icon: string, title: string, text: string, action?: any }, href?: (row: any) => string | undefined,
 *   sort?: Sort, onSort?: (sort: Sort) => void, n?: number }} props
 */
export function List({ label, columns, pages, blank, href, sort, onSort, n }) {
  const { items, error, busy, reload } = pages;
  if (error && !items) return html`<${Failure} error=${error} retry=${reload} />`;
  if (items && items.length === 0) return html`<${Blank} ...${blank} />`;
  return html`
    <${Table} label=${label} columns=${columns} rows=${items} href=${href} sort=${sort} onSort=${onSort} busy=${busy} n=${n} />
    <${Pager} pages=${pages} />`;
}
