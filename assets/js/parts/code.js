// @ts-check
import { announce } from '/js/core/a11y.js';
import { t } from '/js/core/i18n.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

const SHOW_MS = 1600;

/**
 * Commands to type in a terminal. Notes are shown, not copied.
 * @param {{ label: string, lines: { command?: string, note?: string }[], prompt?: boolean }} props without `prompt` it is no
 *   command but a text, such as a program
 */
export function Code({ label, lines, prompt = true }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOW_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await navigator.clipboard.writeText(lines.flatMap(({ command }) => command ?? []).join('\n'));
    setCopied(true);
    announce(t('code.copied'));
  };
  // Browsers give the clipboard to secure places only; a button that cannot work is not shown.
  const canCopy = Boolean(navigator.clipboard);
  return html`
    <div class="code">
      <pre class="code__text" tabindex="0" role="region" aria-label=${label}><code>${lines.map(({ command, note }, place) => html`
        ${place > 0 && '\n'}${command
          ? html`${prompt && html`<span class="code__prompt" aria-hidden="true">$ </span>`}${command}`
          : html`<span class="code__note"># ${note}</span>`}`)}</code></pre>
      ${canCopy && html`
        <button class="button code__copy" type="button" aria-label=${t('code.copy')} title=${t('code.copy')} onClick=${copy}>
          <${Icon} name=${copied ? 'check' : 'copy'} />
        </button>`}
    </div>`;
}
