// @ts-check
import { html, useId } from '/js/core/view.js';

/**
 * One of a few, all in view.
 * @param {{ label: string, value: string, options: { value: string, label: string, count?: string, lang?: string }[],
 *   onChoose: (value: string) => void, quiet?: boolean }} props with `quiet` the label is for readers of screens alone
 */
export function Choice({ label, value, options, onChoose, quiet = false }) {
  const name = useId();
  return html`
    <fieldset>
      <legend class=${quiet ? 'unseen' : 'menu__label'}>${label}</legend>
      <div class="choice">
        ${options.map((option) => html`
          <label class="choice__one" key=${option.value}>
            <input type="radio" name=${name} value=${option.value} checked=${option.value === value}
              onChange=${() => onChoose(option.value)} />
            <span lang=${option.lang}><b class="choice__word">${option.label}${option.count && html` <span class="choice__count num">${option.count}</span>`}</b></span>
          </label>`)}
      </div>
    </fieldset>`;
}
