// @ts-check
// The side of the signed-in pages: where to go, what there is to spend, and who is here. On a phone the first links are a
// dock at the bottom, and the others a sheet that opens from it.
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useEvery, useStore } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { invitations, renewWorkspaces, workspaces } from '/js/core/workspaces.js';
import { currentOf, hasScreen, navigation } from '/js/frame/navigation.js';
import { openPalette } from '/js/frame/keys.js';
import { Wallet, useLiveBalance } from '/js/frame/wallet.js';
import { Dialog } from '/js/parts/dialog.js';
import { Icon } from '/js/parts/icon.js';
import { Menu } from '/js/parts/menu.js';
import { Settings } from '/js/parts/settings.js';

const RENEW_S = 60;

/** @param {{ link: import('/js/frame/navigation.js').Link, current?: string, onClick?: () => void }} props */
function NavLink({ link, current, onClick }) {
  return html`
    <a class="nav__link" href=${link.href} aria-current=${link.href === current ? 'page' : undefined} onClick=${onClick}>
      <${Icon} name=${link.icon} /><span class="nav__word">${link.isOwn ? link.label : t(link.label)}</span>
    </a>`;
}

/** How many invitations wait for an answer. */
function Waiting() {
  const n = useStore(invitations)?.length ?? 0;
  if (!n) return null;
  return html`${' '}<span class="badge badge--count num"><span aria-hidden="true">${number(n)}</span><span class="unseen">${t('nav.asked', { n, count: number(n) })}</span></span>`;
}

/** @param {{ groups: import('/js/frame/navigation.js').Group[], current?: string, onClick?: () => void }} props */
function Groups({ groups, current, onClick }) {
  return groups.map(({ name, label, href, links }) => html`
    <div class="nav__group" key=${name}>
      ${label && html`
        <p class="nav__label">${href ? html`
          <a href=${href} aria-current=${current === undefined && location.pathname === href ? 'page' : undefined} onClick=${onClick}>
            ${t(label)}${name === 'workspaces' && html`<${Waiting} />`}
          </a>` : t(label)}</p>`}
      ${links.map((link) => html`<${NavLink} key=${link.href} link=${link} current=${current} onClick=${onClick} />`)}
    </div>`);
}

/** @param {{ me: any, onSignOut: () => void }} props */
function Person({ me, onSignOut }) {
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
  const account = hasScreen('/account') ? '/account' : '/account/password';
  return html`
    <${Menu} label=${t('account.menu')} button=${person}>
      ${(/** @type {() => void} */ close) => html`
        <${Settings} />
        <div class="menu__list">
          <a class="menu__item" href=${account} onClick=${close}>
            <${Icon} name=${account === '/account' ? 'person' : 'key'} />${t(account === '/account' ? 'title.account' : 'title.password')}
          </a>
          <button class="menu__item" type="button" onClick=${onSignOut}><${Icon} name="leave" />${t('sign_out')}</button>
        </div>`}
    <//>`;
}

/** @param {{ path: string, me: { username: string, full_name: string | null, role: string, must_change_password: boolean }, onSignOut: () => void }} props */
export function Side({ path, me, onSignOut }) {
  const [sheet, setSheet] = useState(false);
  const listed = useStore(workspaces);
  // Before a password that somebody else made is changed, the server says nothing but that.
  const may = !me.must_change_password;
  useLiveBalance(may);
  useEffect(() => {
    if (may && hasScreen('/workspaces') && !workspaces.get()) renewWorkspaces().catch(() => {});
  }, [may]);
  // Somebody may be asked, or taken out, while the page is open.
  useEvery(RENEW_S, () => { if (may && hasScreen('/workspaces')) renewWorkspaces().catch(() => {}); });
  useEffect(() => setSheet(false), [path]);
  // Until the password is changed every link would lead back to that screen.
  const groups = may ? navigation(me, listed) : [];
  const current = currentOf(groups, path);
  const [first, ...others] = groups;
  const isUnderMore = others.some(({ href, links }) => href === path || links.some((link) => link.href === current));
  return html`
    <div class="side">
      <div class="side__top">
        <a class="brand" href="/"><${Icon} name="logo" variant="logo" />Cellar</a>
        ${first && html`
          <button class="button button--bare button--icon side__find" type="button" onClick=${openPalette} aria-keyshortcuts="Control+K Meta+K"
            aria-label=${t('palette.title')} title=${t('palette.hint')}><${Icon} name="search" /></button>`}
      </div>
      ${first && html`
        <nav class="nav" aria-label=${t('nav.main')}><${Groups} groups=${groups} current=${current} /></nav>
        <${Wallet} />
        <nav class="dock" aria-label=${t('nav.main')}>
          ${first.links.slice(0, 4).map((link) => html`<${NavLink} key=${link.href} link=${link} current=${current} />`)}
          <button class="nav__link" type="button" aria-haspopup="dialog" aria-current=${isUnderMore ? 'true' : undefined} onClick=${() => setSheet(true)}>
            <${Icon} name="more" /><span class="nav__word">${t('nav.more')}</span>
          </button>
        </nav>
        ${sheet && html`
          <${Dialog} kind="sheet" title=${t('nav.more')} onClose=${() => setSheet(false)}>
            <${Wallet} onGo=${() => setSheet(false)} />
            <nav class="nav nav--sheet" aria-label=${t('nav.more')}><${Groups} groups=${others} current=${current} onClick=${() => setSheet(false)} /></nav>
          <//>`}`}
      <${Person} me=${me} onSignOut=${onSignOut} />
    </div>`;
}
