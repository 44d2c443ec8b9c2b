// @ts-check
// The screen that the address means, loaded and drawn.
import { announce, focusScreen } from '/js/core/a11y.js';
import { language, needWords, t } from '/js/core/i18n.js';
import { ScreenPlace, address, go, match, place, safeReturn } from '/js/core/router.js';
import { whyMissing } from '/js/core/server.js';
import { useStore } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { caller, meet, onClosed, onPasswordChanged, toSignIn } from '/js/frame/session.js';
import { Boundary } from '/js/parts/boundary.js';
import { Failure } from '/js/parts/notice.js';
import { ROUTES, notFound } from '/js/routes.js';

/** @typedef {import('/js/user/api.js').User} User */
/** @typedef {{ load: () => Promise<{ default: any }>, title: string, words?: string[], params?: Record<string, string>, forbidden?: boolean }} Choice */

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

/**
 * Which screen an address means for a caller; `null` when the caller is being sent elsewhere.
 * @param {import('/js/core/router.js').Place} place @param {User | null} me @returns {Choice | null}
 */
function choose({ path, query }, me) {
  const found = ROUTES.filter((route) => match(route.path, path));
  const may = found.find(({ who }) => isFor(who, me));
  if (me?.must_change_password && path !== PASSWORD) {
    const next = DOORS.includes(path) ? safeReturn(query.get('next')) : address();
    const query_next = next === '/' ? '' : `?${new URLSearchParams({ next })}`;
    return redirect(() => go(PASSWORD + query_next, { replace: true }));
  }
  if (may) return { ...may, params: match(may.path, path) ?? {} };
  if (DOORS.includes(path)) return redirect(() => go(safeReturn(query.get('next')), { replace: true }));
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

export function Screen() {
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
    Promise.all([choice.load(), needWords(choice.words ?? [])]).then(
      ([module]) => current && setShown({ View: module.default, ...choice, me, place: here }),
      async () => {
        const cause = await whyMissing();
        if (current) setError(cause);
      },
    );
    return () => { current = false; };
  }, [choice?.load, here.path]);

  useEffect(() => {
    if (shown) document.title = shown.title === 'title.front' ? t('title.front') : `${t(shown.title)} · Cellar`;
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
