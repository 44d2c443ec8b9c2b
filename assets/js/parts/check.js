// @ts-check
import { html, useId } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

/**
 * Any of a few, each with a line that says what it means.
 * @param {{ label: string, name: string, chosen: string[], options: { value: string, label: string, hint?: string }[],
 *   onChoose: (chosen: string[]) => void, error?: string }} props
 */
export function Checks({ label, name, chosen, options, onChoose, error }) {
  const id = useId();
  const toggle = (/** @type {string} */ value) => onChoose(options.map((option) => option.value)
    .filter((one) => (one === value ? !chosen.includes(one) : chosen.includes(one))));
  return html`
    <fieldset class="field" aria-describedby=${error ? `${id}-error` : undefined}>
      <legend class="field__label check__legend">${label}</legend>
      ${options.map(({ value, label: word, hint }) => html`
        <label class="check" key=${value}>
          <input class="check__box" type="checkbox" name=${name} value=${value} checked=${chosen.includes(value)}
            aria-invalid=${error ? 'true' : undefined} onChange=${() => toggle(value)} />
          <span class="check__words"><span class="check__name">${word}</span>${hint && html`<span class="field__hint">${hint}</span>`}</span>
        </label>`)}
      ${error && html`<p class="field__error" id=${`${id}-error`}><${Icon} name="warn" />${error}</p>`}
    </fieldset>`;
}
