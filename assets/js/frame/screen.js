// @ts-check
// The screen that the address means, loaded and drawn.
import { announce, focusScreen } from '/js/core/a11y.js';
import { language, needWords, t } from '/js/core/i18n.js';
import { ScreenPlace, address, go, match, place, safeReturn } from '/js/core/router.js';
import { whyMissing } from '/js/core/server.js';
import { lookAfter } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { returnTo, wayBack } from '/js/frame/return.js';
import { caller, meet, onClosed, onPasswordChanged, toSignIn } from '/js/frame/session.js';
import { Boundary } from '/js/parts/boundary.js';
import { Failure, say } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { ROUTES, notFound } from '/js/routes.js';

/** @typedef {import('/js/user/api.js').User} User */
/** @typedef {{ load: () => Promise<{ default: any }>, title: string, words?: string[], params?: Record<string, string>, forbidden?: boolean }} Choice */

/** After so long the old screen makes way for the sign that the next one is on its way. */
const LATE_MS = 300;
const PASSWORD = '/account/password';
/** Where nobody has business who is signed in. */
const DOORS = ['/sign-in', '/sign-up'];

/** Whether somebody may see what is for `who`. @param {import('/js/routes.js').Who} who @param {User | null} me */
export function isFor(who, me) {
  return who === 'anyone' || (who === 'visitor' ? !me : who === 'user' ? Boolean(me) : me?.role === 'admin');
}

/** Leaves for another address once the drawing that found it wrong is over. @param {() => void} act @returns {null} */
function redirect(act) {
  const from = address();
  // A second drawing in between asks for the same way out, and by then the first may have taken it.
  queueMicrotask(() => { if (address() === from) act(); });
  return null;
}

/** Leads to the new password that is due, and back here afterwards. @param {import('/js/core/router.js').Place} place @param {User} me */
function toPassword({ path, query }, me) {
  const next = DOORS.includes(path) ? safeReturn(query.get('next')) : wayBack(me.id);
  go(PASSWORD + (next === '/' ? '' : `?${new URLSearchParams({ next })}`), { replace: true });
}

/** Leads in at a door. Who has not just come through it is told why it did not open. @param {string | null} next @param {User} me @param {boolean} isEntering */
function letIn(next, me, isEntering) {
  go(returnTo(next, me.id), { replace: true });
  if (!isEntering) say(t('signed_in_already', { name: me.username }));
}

/**
 * Which screen an address means for a caller; `null` when the caller is being sent elsewhere.
 * @param {import('/js/core/router.js').Place} place @param {User | null} me @param {string} [before] which screen is shown
 * @returns {Choice | null}
 */
function choose(place, me, before) {
  const { path, query } = place;
  const found = ROUTES.filter((route) => match(route.path, path));
  const may = found.find(({ who }) => isFor(who, me));
  if (me?.must_change_password && path !== PASSWORD) return redirect(() => toPassword(place, me));
  if (may) return { ...may, params: match(may.path, path) ?? {} };
  if (me && DOORS.includes(path)) return redirect(() => letIn(query.get('next'), me, before === path));
  if (found.length && !me) return redirect(() => toSignIn(''));
  return { load: notFound, title: found.length ? 'title.forbidden' : 'title.not_found', forbidden: found.length > 0 };
}

/** Stands where a screen should be. @param {{ title: string, error: any, retry: () => void }} props */
function Trouble({ title, error, retry }) {
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t(title)}</h1></div></div>
      <section class="card"><${Failure} error=${error} retry=${retry} /></section>
    </div>`;
}

/** Stands where a screen will be that takes its time. @param {{ title: string, isSmall: boolean }} props */
function OnItsWay({ title, isSmall }) {
  useEffect(() => announce(t('busy')), []);
  return html`
    <div class=${isSmall ? 'solo' : 'page'} aria-busy="true">
      <div class=${isSmall ? 'solo__head' : 'page__head'}><div><h1>${t(title)}</h1><p><${Skeleton} ch=${32} /></p></div></div>
      <section class="card">${[24, 40, 32].map((ch) => html`<p key=${ch}><${Skeleton} ch=${ch} /></p>`)}</section>
    </div>`;
}

export function Screen() {
  const me = useStore(caller);
  const here = useStore(place);
  const spoken = useStore(language);
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isLate, setLate] = useState(false);
  const choice = me === undefined ? null : choose(here, me, shown?.place.path);

  useEffect(() => {
    if (!choice) return undefined;
    let current = true;
    setError(null);
    const timer = setTimeout(() => setLate(true), LATE_MS);
    const came = lookAfter(() => {});
    const settle = (/** @type {() => void} */ show) => {
      if (!current) return;
      clearTimeout(timer);
      setLate(false);
      show();
    };
    Promise.all([choice.load(), needWords(choice.words ?? [])]).then(
      ([module]) => settle(() => setShown({ View: module.default, ...choice, me, place: here })),
      async () => {
        const cause = await whyMissing();
        settle(() => setError(cause));
      },
    ).finally(came);
    return () => {
      current = false;
      clearTimeout(timer);
      came();
    };
  }, [choice?.load, here.path]);

  const title = choice && (isLate || error) ? choice.title : shown?.title;
  useEffect(() => {
    if (title) document.title = title === 'title.front' ? t('title.front') : `${t(title)} · Cellar`;
  }, [shown, title, spoken]);

  useEffect(() => {
    if (!shown) return;
    // The first screen was asked for by opening the page; its reader starts at the top anyway.
    if (Screen.drawn) {
      focusScreen();
      announce(t(shown.title));
    }
    Screen.drawn = true;
  }, [shown]);

  if (isLate && choice) return html`<${OnItsWay} key="late" title=${choice.title} isSmall=${!me} />`;
  if (error && choice) return html`<${Trouble} title=${choice.title} error=${error} retry=${() => location.reload()} />`;
  // Nobody is left to read what was for a user, and its questions would only be refused.
  if (!shown || (!me && ['user', 'admin'].includes(shown.who))) return null;
  const { View, place: opened, params = {}, forbidden } = shown;
  // Another query at the same place is this screen's own; another place is that of the next.
  const own = here.path === opened.path ? here : opened;
  return html`
    <${ScreenPlace.Provider} value=${own}>
      <${Boundary} key=${own.path} fallback=${(/** @type {any} */ cause, /** @type {() => void} */ again) => html`
        <${Trouble} title=${shown.title} error=${cause} retry=${again} />`}>
        <${View} me=${me ?? shown.me} path=${own.path} params=${params} query=${own.query} forbidden=${forbidden}
          renewMe=${meet} onPasswordChanged=${onPasswordChanged} onClosed=${onClosed} />
      <//>
    <//>`;
}
Screen.drawn = false;
