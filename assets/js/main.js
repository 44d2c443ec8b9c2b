// @ts-check
// The start: who is here, and drawing the frame and the screen. Together with the routes and the frame this is the roof: the
// only place that knows every noun.
import { onSignedOut } from '/js/core/http.js';
import { language, speak, t } from '/js/core/i18n.js';
import { match, place, startRouter } from '/js/core/router.js';
import { recall, useStore } from '/js/core/state.js';
import { Fragment, html, render, useLayoutEffect } from '/js/core/view.js';
import { listenForKeys } from '/js/frame/keys.js';
import { hasScreen } from '/js/frame/navigation.js';
import { Offline } from '/js/frame/offline.js';
import { Overlay } from '/js/frame/overlay.js';
import { Screen, isFor } from '/js/frame/screen.js';
import { caller, forget, meet, onEnded, signOut, watchOtherTabs } from '/js/frame/session.js';
import { Side } from '/js/frame/side.js';
import { Top } from '/js/frame/top.js';
import { Failure, Toast } from '/js/parts/notice.js';
import { ROUTES } from '/js/routes.js';

function Bar() {
  const me = useStore(caller);
  const { path } = useStore(place);
  useStore(language);
  useLayoutEffect(() => { document.body.dataset.frame = me ? 'side' : 'top'; }, [Boolean(me)]);
  if (!me) return html`<${Top} path=${path} />`;
  return html`<${Side} path=${path} me=${me} onSignOut=${signOut} />`;
}

function Notices() {
  useStore(language);
  return html`<${Fragment}><${Offline} /><${Toast} /><//>`;
}

/** @param {string} id */
const slot = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The screen that will most likely be shown, so that it is on its way before it is known who is here. */
function likely() {
  const me = recall('signed_in') ? /** @type {any} */ ({ role: 'user' }) : null;
  return ROUTES.find((route) => match(route.path, place.get().path) && isFor(route.who, me));
}

async function start() {
  const guess = likely();
  // A wrong guess costs a little; one that fails is told when the screen is really asked for.
  guess?.load().catch(() => {});
  const words = speak(language.get(), ['frame', ...(guess?.words ?? [])]);
  // Asking without a session would only put a refusal into the console of every visitor, so a mark tells when to ask. It is
  // a hint and no right: pages that need an account ask in any case.
  const needed = ROUTES.some((route) => (route.who === 'user' || route.who === 'admin') && route.path !== '/' && match(route.path, place.get().path));
  const met = recall('signed_in') || needed ? meet() : Promise.resolve(forget());
  await words;
  onSignedOut(onEnded);
  startRouter(hasScreen);
  watchOtherTabs();
  listenForKeys();
  language.subscribe(() => { slot('skip').textContent = t('skip'); });
  slot('skip').textContent = t('skip');
  slot('main').textContent = '';
  render(html`<${Notices} />`, slot('notices'));
  render(html`<${Overlay} />`, slot('overlay'));
  try {
    await met;
  } catch (error) {
    render(html`<${Failure} error=${error} retry=${() => location.reload()} />`, slot('main'));
    return;
  }
  render(html`<${Bar} />`, slot('bar'));
  render(html`<${Screen} />`, slot('main'));
}

start().catch(() => {
  // Without words nothing can be drawn; the shell says so in all of them.
  document.getElementById('shell')?.classList.add('shell--now');
});
