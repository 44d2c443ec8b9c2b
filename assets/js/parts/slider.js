// @ts-check
import { readCell, written } from '/js/core/cells.js';
import { html, useId, useLayoutEffect, useRef } from '/js/core/view.js';

/** Where a value lies between two ends, from 0 to 1. @param {number} value @param {{ min: number, max: number }} range */
function share(value, { min, max }) {
  return max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0;
}

/**
 * A number to slide or to type. The line is marked where values are usual (`marked`); beyond its ends (`range`) a value
 * can only be typed. `value` is what was typed, so that nothing typed is ever lost.
 * @param {{ label: string, name: string, value: string, onInput: (value: string) => void, range: { min: number, max: number },
 *   marked: { min: number, max: number }, step: number, unit?: string | null, hint?: string, warning?: string, error?: string }} props
 */
export function SliderField({ label, name, value, onInput, range, marked, step, unit, hint, warning, error }) {
  const id = useId();
  const line = useRef(/** @type {HTMLElement | null} */ (null));
  const { number } = readCell(value, null);
  useLayoutEffect(() => {
    const style = line.current?.style;
    style?.setProperty('--from', String(share(marked.min, range)));
    style?.setProperty('--to', String(share(marked.max, range)));
  }, [range.min, range.max, marked.min, marked.max]);
  const below = error ?? warning ?? hint;
  return html`
    <div class="slider">
      <label class="slider__label" for=${id}><span>${label}</span>${unit && html`<span class="slider__unit">${unit}</span>`}</label>
      <div class="slider__row">
        <span class="slider__line" ref=${line}>
          <input class="slider__range" type="range" min=${range.min} max=${range.max} step=${step}
            value=${number ?? marked.min} aria-label=${label} aria-valuetext=${unit ? `${value} ${unit}` : value}
            onInput=${(/** @type {any} */ event) => onInput(written(event.target.value))} />
        </span>
        <input class="field__input slider__number num" id=${id} name=${name} value=${value} inputmode="decimal" autocomplete="off"
          aria-invalid=${error ? 'true' : undefined} aria-describedby=${below ? `${id}-below` : undefined}
          onInput=${(/** @type {any} */ event) => onInput(event.target.value)} />
      </div>
      ${below && html`
        <p class=${`slider__hint${error ? ' slider__hint--bad' : warning ? ' slider__hint--warn' : ''}`} id=${`${id}-below`}>${below}</p>`}
    </div>`;
}
