// @ts-check
import { useAction } from '/js/core/action.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';
import { Wheel } from '/js/parts/wheel.js';

/**
 * A button, or a link that looks like one when it has an `href`. A busy button keeps its place and the focus, says that
 * it is busy, and does nothing; one that is `off` does nothing either, until what it needs is there.
 * @param {{ kind?: string, icon?: string, busy?: boolean, off?: boolean, href?: string, type?: string, onClick?: (event: Event) => void,
 *   class?: string, children?: any, [attribute: string]: any }} props
 */
export function Button({ kind = '', icon, busy = false, off = false, href, type = 'button', onClick, class: extra = '', children, ...rest }) {
  const names = ['button', off && !busy && 'button--off', ...kind.split(' ').filter(Boolean).map((name) => `button--${name}`), extra].filter(Boolean).join(' ');
  const picture = icon && html`<${Icon} name=${icon} />`;
  if (href) return html`<a class=${names} href=${href} ...${rest}>${picture}${children}</a>`;
  const act = (/** @type {Event} */ event) => {
    if (!busy && !off) onClick?.(event);
  };
  return html`
    <button class=${names} type=${type} onClick=${act} aria-disabled=${busy || off ? 'true' : undefined} ...${rest}>
      ${busy ? html`<${Wheel} /><span class="unseen">${t('busy')}</span>` : picture}
      ${children}
    </button>`;
}

/**
 * A button whose deed takes a while: until it is done it is busy, and another click does nothing.
 * @param {{ act: () => Promise<any>, onError?: (error: any) => void, children?: any, [attribute: string]: any }} props
 */
export function ActButton({ act, onError, children, ...rest }) {
  const { run, busy } = useAction(act, onError);
  return html`<${Button} ...${rest} busy=${busy} onClick=${() => run()}>${children}<//>`;
}
