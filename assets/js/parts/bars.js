// @ts-check
import { percent } from '/js/core/format.js';
import { html, useLayoutEffect, useRef } from '/js/core/view.js';

/** @param {{ row: { label: string, share: number, top?: boolean } }} props */
function Bar({ row: { label, share, top } }) {
  const fill = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => fill.current?.style.setProperty('--share', String(share)), [share]);
  return html`
    <div class=${top ? 'bars__row bars__row--top' : 'bars__row'}>
      <dt>${label}</dt>
      <dd class="bars__value">
        <span class="bars__track" aria-hidden="true"><span class="bars__fill" ref=${fill}></span></span>
        <span>${percent(share)}</span>
      </dd>
    </div>`;
}

/** Shares of a whole, one under the other; the largest stands out. @param {{ label: string, rows: { label: string, share: number, top?: boolean }[] }} props */
export function Bars({ label, rows }) {
  return html`<dl class="bars num" aria-label=${label}>${rows.map((row) => html`<${Bar} key=${row.label} row=${row} />`)}</dl>`;
}
