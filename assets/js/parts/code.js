// @ts-check
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { useCopy } from '/js/parts/copy.js';
import { Icon } from '/js/parts/icon.js';

/**
 * Commands to type in a terminal. Notes are shown, not copied.
 * @param {{ label: string, lines: { command?: string, note?: string }[], prompt?: boolean }} props without `prompt` it is no
 *   command but a text, such as a program
 */
export function Code({ label, lines, prompt = true }) {
  const { place, copy, icon, told } = useCopy(lines.flatMap(({ command }) => command ?? []).join('\n'));
  return html`
    <div>
      <div class="code">
        <pre class="code__text" tabindex="0" role="region" aria-label=${label}><code ref=${place}>${lines.map(({ command, note }, at) => html`
          ${at > 0 && '\n'}${command
            ? html`${prompt && html`<span class="code__prompt" aria-hidden="true">$ </span>`}${command}`
            : html`<span class="code__note"># ${note}</span>`}`)}</code></pre>
        <button class="button code__copy" type="button" aria-label=${t('code.copy')} title=${t('code.copy')} onClick=${copy}>
          <${Icon} name=${icon} />
        </button>
      </div>
      ${told}
    </div>`;
}
