// @ts-check
// The contents page of the app: which address shows which screen, to whom. Screens are loaded when they are first needed.

/** @typedef {'visitor' | 'user' | 'admin'} Who A visitor is signed out; an administrator is a user too. */
/** @typedef {{ path: string, who: Who, title: string, load: () => Promise<{ default: any }> }} Route */
/** @typedef {{ href: string, label: string, icon: string, far?: boolean }} Link */

/** @type {Route[]} */
export const ROUTES = [
  { path: '/', who: 'visitor', title: 'front.page', load: () => import('/js/home/front.js') },
  { path: '/', who: 'user', title: 'home.page', load: () => import('/js/home/home.js') },
  { path: '/sign-in', who: 'visitor', title: 'sign_in.title', load: () => import('/js/access/sign-in.js') },
  { path: '/account/password', who: 'user', title: 'password.title', load: () => import('/js/user/password.js') },
  { path: '/system', who: 'admin', title: 'system.title', load: () => import('/js/admin/system.js') },
];

/** What is shown where no route fits. */
export const notFound = () => import('/js/home/not-found.js');

/** The links at the side. @param {boolean} admin @returns {{ label?: string, links: Link[] }[]} */
export function navigation(admin) {
  return [
    { links: [{ href: '/', label: 'home.page', icon: 'home' }] },
    ...(admin ? [{ label: 'nav.run', links: [{ href: '/system', label: 'system.title', icon: 'pulse' }] }] : []),
    {
      label: 'nav.api',
      links: [
        { href: '/docs', label: 'nav.try', icon: 'plug' },
        { href: '/redoc', label: 'nav.reference', icon: 'book', far: true },
      ],
    },
  ];
}
