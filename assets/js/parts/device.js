// @ts-check
import { deviceOf } from '/js/core/device.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Icon } from '/js/parts/icon.js';

/** What somebody is signed in with; all it says of itself shows on hover. @param {{ agent: string | null, more?: any }} props */
export function Device({ agent, more }) {
  const { browser, system, program, isHeld } = deviceOf(agent);
  const name = browser && system ? t('device.on', { browser, system }) : browser ?? program ?? t('device.unknown');
  return html`
    <span class="device">
      <${Icon} name=${!browser ? 'terminal' : isHeld ? 'phone' : 'device'} />
      <span class="device__words"><span class="device__name" title=${agent ?? undefined}>${name}</span>${more}</span>
    </span>`;
}
