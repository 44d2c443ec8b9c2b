// @ts-check
// Where one can go, gathered from the routes: for the side, for the dock of a phone and for the palette.
import { match } from '/js/core/router.js';
import { isFor } from '/js/frame/screen.js';
import { ROUTES } from '/js/routes.js';

/** @typedef {{ href: string, label: string, icon: string, isOwn?: boolean }} Link `label` is a word, or with `isOwn` the name itself. */
/** @typedef {{ name: string, label?: string, href?: string, links: Link[] }} Group */

/** At the side there is room for so many; the rest are on their own page. */
const WORKSPACES_SHOWN = 5;

/** Whether there is a screen at this address. @param {string} path */
export function hasScreen(path) {
  return ROUTES.some((route) => match(route.path, path));
}

/** @param {'main' | 'account' | 'admin'} group @param {any} me @returns {Link[]} */
function linksOf(group, me) {
  const routes = ROUTES.filter((route) => route.nav?.group === group && isFor(route.who, me));
  return routes.map(({ path, title, nav }) => ({ href: path, label: title, icon: nav?.icon ?? '' }));
}

/** @type {Group} */
const API = { name: 'api', label: 'nav.api', links: [{ href: '/docs', label: 'nav.try', icon: 'plug' }, { href: '/redoc', label: 'nav.reference', icon: 'book' }] };

/** Where a visitor can go. @type {Group[]} */
const DOORS = [
  { name: 'main', links: [
    { href: '/', label: 'title.home', icon: 'home' }, { href: '/sign-in', label: 'title.sign_in', icon: 'person' }, { href: '/sign-up', label: 'title.sign_up', icon: 'plus' },
  ] },
  API,
];

/** @param {any} me @param {import('/js/core/workspaces.js').Workspace[] | null} workspaces @param {number} [most] of the workspaces @returns {Group[]} */
export function navigation(me, workspaces, most = WORKSPACES_SHOWN) {
  if (!me) return DOORS;
  const own = (workspaces ?? []).slice(0, most);
  const groups = [
    { name: 'main', links: linksOf('main', me) },
    ...(hasScreen('/workspaces') ? [{
      name: 'workspaces', label: 'nav.workspaces', href: '/workspaces',
      links: own.map(({ id, name }) => ({ href: `/workspaces/${id}`, label: name, icon: 'case', isOwn: true })),
    }] : []),
    { name: 'account', label: 'nav.account', href: hasScreen('/account') ? '/account' : undefined, links: linksOf('account', me) },
    { name: 'admin', label: 'nav.run', links: linksOf('admin', me) },
    API,
  ];
  return groups.filter(({ links, href }) => links.length > 0 || href);
}

/** Which of the links is that of the present address: its own, or that of what it is a part of. @param {Group[]} groups @param {string} path */
export function currentOf(groups, path) {
  const all = groups.flatMap(({ links }) => links.map(({ href }) => href));
  const fitting = all.filter((href) => href === path || (href !== '/' && path.startsWith(`${href}/`)));
  return fitting.sort((a, b) => b.length - a.length)[0];
}
