// @ts-check
// The side of the signed-in pages: where to go, and who is here. On a phone the links are a dock at the bottom.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Settings } from '/js/frame/settings.js';
import { Icon } from '/js/parts/icon.js';
import { Menu } from '/js/parts/menu.js';

/** @typedef {{ href: string, label: string, icon: string, far?: boolean }} Link `far` links leave the dock of a phone. */

/** @param {{ link: Link, path: string }} props */
function NavLink({ link, path }) {
  return html`
    <a class=${link.far ? 'nav__link nav__link--far' : 'nav__link'} href=${link.href}
      aria-current=${link.href === path ? 'page' : undefined}>
      <${Icon} name=${link.icon} />${t(link.label)}
    </a>`;
}

/**
 * @param {{ path: string, me: { username: string, full_name: string | null, role: string },
 *   groups: { label?: string, links: Link[] }[], onSignOut: () => void }} props
 */
export function Side({ path, me, groups, onSignOut }) {
  const person = (/** @type {any} */ props) => html`
    <button class="person" ...${props}>
      <span class="person__disc" aria-hidden="true">${[...(me.full_name || me.username)][0]}</span>
      <span class="person__words">
        <span class="unseen">${t('account.menu')}</span>
        <span class="person__name">${me.full_name || me.username}</span>
        <span class="person__role">${t(`role.${me.role}`)}</span>
      </span>
      <${Icon} name="updown" />
    </button>`;
  return html`
    <div class="side">
      <a class="brand" href="/"><${Icon} name="logo" variant="logo" />Cellar</a>
      ${groups.length > 0 && html`
        <nav class="nav" aria-label=${t('nav.main')}>
          ${groups.map(({ label, links }) => html`
            <div class="nav__group" key=${label ?? ''}>
              ${label && html`<p class="nav__label">${t(label)}</p>`}
              ${links.map((link) => html`<${NavLink} key=${link.href} link=${link} path=${path} />`)}
            </div>`)}
        </nav>`}
      <${Menu} label=${t('account.menu')} button=${person}>
        ${(/** @type {() => void} */ close) => html`
          <${Settings} />
          <div class="menu__list">
            <a class="menu__item" href="/account/password" onClick=${close}>
              <${Icon} name="key" />${t('password.title')}
            </a>
            <button class="menu__item" type="button" onClick=${onSignOut}>
              <${Icon} name="leave" />${t('sign_out')}
            </button>
          </div>`}
      <//>
    </div>`;
}
