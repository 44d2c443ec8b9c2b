// @ts-check
import { html, useLayoutEffect, useRef } from '/js/core/view.js';

/** @typedef {{ min: number, max: number, low: number, high: number, value: number }} Span */

/** Tells the style where the value and its range lie. @param {Span} span */
function usePlaces({ min, max, low, high, value }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const place = (/** @type {number} */ at) => String(Math.min(1, Math.max(0, (at - min) / (max - min))));
  useLayoutEffect(() => {
    const style = element.current?.style;
    style?.setProperty('--low', place(low));
    style?.setProperty('--high', place(high));
    style?.setProperty('--value', place(value));
  }, [min, max, low, high, value]);
  return element;
}

/** The line alone, beside figures that say the same. @param {Span} span */
export function SmallRuler(span) {
  const element = usePlaces(span);
  return html`
    <span class="ruler ruler--small" ref=${element} aria-hidden="true">
      <span class="ruler__line"></span><span class="ruler__range"></span><span class="ruler__value"></span>
    </span>`;
}

/**
 * A value on a line with the range in which it probably lies.
 * @param {Span & { format: (value: number) => string, label: string }} props
 */
export function Ruler({ format, label, ...span }) {
  const { min, max, low, high } = span;
  const element = usePlaces(span);
  // Figures that would stand on each other say nothing; the ends give way, and what lies beyond them stands there.
  const room = (max - min) * 0.09;
  const [startsLow, endsHigh] = [low < min + room, high > max - room];
  return html`
    <div class="ruler num" ref=${element} role="img" aria-label=${label}>
      <span class="ruler__line"></span><span class="ruler__range"></span><span class="ruler__value"></span>
      ${!startsLow && html`<span class="ruler__figure ruler__figure--min">${format(min)}</span>`}
      <span class=${startsLow ? 'ruler__figure ruler__figure--min' : 'ruler__figure ruler__figure--low'}>${format(low)}</span>
      <span class=${endsHigh ? 'ruler__figure ruler__figure--max' : 'ruler__figure ruler__figure--high'}>${format(high)}</span>
      ${!endsHigh && html`<span class="ruler__figure ruler__figure--max">${format(max)}</span>`}
    </div>`;
}
