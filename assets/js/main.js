// @ts-check
// The start: who is here, which screen the address means, and drawing both. Together with the routes and the frame this is
// the roof: the only place that knows every noun.
import { closeSession } from '/js/access/api.js';
import { announce, focusScreen } from '/js/core/a11y.js';
import { onSignedOut, reachable } from '/js/core/http.js';
import { keepLanguage, language, speak, t } from '/js/core/i18n.js';
import { address, go, place, safeReturn, startRouter } from '/js/core/router.js';
import { recall, remember, store, useStore } from '/js/core/state.js';
import { keepTheme } from '/js/core/theme.js';
import { Fragment, html, render, useEffect, useLayoutEffect, useState } from '/js/core/view.js';
import { Offline } from '/js/frame/offline.js';
import { Side } from '/js/frame/side.js';
import { Top } from '/js/frame/top.js';
import { Failure, say, Toast } from '/js/parts/notice.js';
import { ROUTES, navigation, notFound } from '/js/routes.js';
import * as users from '/js/user/api.js';

/** @typedef {import('/js/user/api.js').User} User */

/** The caller: `undefined` until the server was asked. @type {import('/js/core/state.js').Store<User | null | undefined>} */
const caller = store(/** @type {any} */ (undefined));
const PASSWORD = '/account/password';

/** Asks the server who is here. */
async function meet() {
  try {
    const me = await users.getMe();
    remember('signed_in', 'yes');
    caller.set(me);
  } catch (error) {
    if (error.status !== 401) throw error;
    forget();
  }
}

function forget() {
  remember('signed_in', null);
  caller.set(null);
}

/** @param {string} why */
function toSignIn(why) {
  const next = address();
  const query = new URLSearchParams({ ...(next === '/' ? {} : { next }), ...(why ? { why } : {}) });
  go(query.size ? `/sign-in?${query}` : '/sign-in', { replace: true });
}

async function signOut() {
  try {
    await closeSession();
  } catch (error) {
    // Without an answer nobody knows whether the session ended, so the page does not claim it.
    if (error.status !== 401) return error.status !== 0 && say(t('error.internal'));
  }
  forget();
  keepTheme();
  keepLanguage();
  go('/');
  return say(t('signed_out'));
}

async function onPasswordChanged() {
  await meet();
  if (!caller.get()) return go('/sign-in?why=password', { replace: true });
  go(safeReturn(place.get().query.get('next')), { replace: true });
  return say(t('password.done'));
}

/** @typedef {{ load: () => Promise<{ default: any }>, title: string, forbidden?: boolean }} Choice */

/**
 * Which screen an address means for a caller; `null` when the caller is being sent elsewhere.
 * @param {import('/js/core/router.js').Place} place @param {User | null} me @returns {Choice | null}
 */
function choose({ path, query }, me) {
  const found = ROUTES.filter((route) => route.path === path);
  const may = found.find(({ who }) => (who === 'visitor' ? !me : who === 'user' ? me : me?.role === 'admin'));
  if (me?.must_change_password && path !== PASSWORD) {
    const next = path === '/sign-in' ? safeReturn(query.get('next')) : address();
    const query_next = next === '/' ? '' : `?${new URLSearchParams({ next })}`;
    return redirect(() => go(PASSWORD + query_next, { replace: true }));
  }
  if (may) return may;
  if (path === '/sign-in') return redirect(() => go(safeReturn(query.get('next')), { replace: true }));
  if (found.length && !me) return redirect(() => toSignIn(''));
  return { load: notFound, title: found.length ? 'forbidden.title' : 'not_found.title', forbidden: found.length > 0 };
}

/** Leaves for another address once the drawing that found it wrong is over. @param {() => void} act @returns {null} */
function redirect(act) {
  const from = address();
  // A second drawing in between asks for the same way out, and by then the first may have taken it.
  queueMicrotask(() => { if (address() === from) act(); });
  return null;
}

function Bar() {
  const me = useStore(caller);
  const { path } = useStore(place);
  useStore(language);
  useLayoutEffect(() => { document.body.dataset.frame = me ? 'side' : 'top'; }, [Boolean(me)]);
  if (!me) return html`<${Top} path=${path} />`;
  // Until the password is changed every link would lead back to that screen.
  const groups = me.must_change_password ? [] : navigation(me.role === 'admin');
  return html`<${Side} path=${path} me=${me} groups=${groups} onSignOut=${signOut} />`;
}

function Screen() {
  const me = useStore(caller);
  const here = useStore(place);
  const spoken = useStore(language);
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const choice = me === undefined ? null : choose(here, me);

  useEffect(() => {
    if (!choice) return undefined;
    let current = true;
    setError(null);
    choice.load().then(
      (module) => current && setShown({ View: module.default, ...choice, me, path: here.path }),
      () => {
        reachable.set(false);
        if (current) setError({ status: 0, code: 'offline' });
      },
    );
    return () => { current = false; };
  }, [choice?.load, here.path]);

  useEffect(() => {
    if (shown) document.title = shown.title === 'front.page' ? t('front.page') : `${t(shown.title)} · Cellar`;
  }, [shown, spoken]);

  useEffect(() => {
    if (!shown) return;
    // The first screen was asked for by opening the page; its reader starts at the top anyway.
    if (Screen.drawn) {
      focusScreen();
      announce(t(shown.title));
    }
    Screen.drawn = true;
  }, [shown]);

  if (error) return html`<${Failure} error=${error} retry=${() => location.reload()} />`;
  if (!shown) return null;
  // After signing out the old screen stands until the next is there, and it still needs its reader.
  return html`<${shown.View} key=${shown.path} me=${me ?? shown.me} path=${shown.path} query=${here.query} forbidden=${shown.forbidden}
    onSignedIn=${meet} onPasswordChanged=${onPasswordChanged} />`;
}
Screen.drawn = false;

function Notices() {
  useStore(language);
  return html`<${Fragment}><${Offline} /><${Toast} /><//>`;
}

/** @param {string} id */
const slot = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

async function start() {
  const words = speak(language.get());
  // Asking without a session would only put a refusal into the console of every visitor, so a mark tells when to ask. It is
  // a hint and no right: pages that need an account ask in any case.
  const needed = ROUTES.some(({ path, who }) => path === place.get().path && who !== 'visitor' && path !== '/');
  const met = recall('signed_in') || needed ? meet() : Promise.resolve(forget());
  await words;
  onSignedOut(() => {
    if (!caller.get()) return;
    toSignIn('ended');
    forget();
  });
  startRouter((path) => ROUTES.some((route) => route.path === path));
  language.subscribe(() => { slot('skip').textContent = t('skip'); });
  slot('skip').textContent = t('skip');
  slot('main').textContent = '';
  render(html`<${Notices} />`, slot('notices'));
  try {
    await met;
  } catch (error) {
    render(html`<${Failure} error=${error} retry=${() => location.reload()} />`, slot('main'));
    return;
  }
  render(html`<${Bar} />`, slot('bar'));
  render(html`<${Screen} />`, slot('main'));
}

start();
