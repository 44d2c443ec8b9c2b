// @ts-check
// Who is here, and what begins and ends with their session.
import { closeSession } from '/js/access/api.js';
import { once } from '/js/core/action.js';
import { forgetBalance } from '/js/core/balance.js';
import { mayLeave, withdrawQuestion } from '/js/core/guard.js';
import { keepLanguage, t } from '/js/core/i18n.js';
import { go, place } from '/js/core/router.js';
import { forgetAllBut, recall, remember, store } from '/js/core/state.js';
import { keepTheme } from '/js/core/theme.js';
import { forgetTypedOfOthers, keepTyped } from '/js/core/typed.js';
import { forgetWorkspaces } from '/js/core/workspaces.js';
import { returnTo, wayBack } from '/js/frame/return.js';
import { say } from '/js/parts/notice.js';
import * as users from '/js/user/api.js';

/** @typedef {import('/js/user/api.js').User} User */

/** The caller: `undefined` until the server was asked. @type {import('/js/core/state.js').Store<User | null | undefined>} */
export const caller = store(/** @type {any} */ (undefined));

/** Asks the server who is here. */
export async function meet() {
  try {
    const me = await users.getMe();
    // A session that ended by itself left things behind, which are for its user alone.
    if ((recall('owner') ?? me.id) !== me.id) forgetAllBut(['language', 'theme']);
    forgetTypedOfOthers(me.id);
    remember('owner', me.id);
    remember('signed_in', me.id);
    caller.set(me);
  } catch (error) {
    if (error.status !== 401) throw error;
    forget();
  }
}

/** The session ended by itself: what was being typed waits for whoever signs in again. */
export function onEnded() {
  const me = caller.get();
  if (!me) return;
  keepTyped(me.id);
  toSignIn('ended');
  forget();
}

/** Nobody is here any more. */
export function forget() {
  remember('signed_in', null);
  withdrawQuestion();
  forgetBalance();
  forgetWorkspaces();
  caller.set(null);
}

/**
 * Begins anew when somebody else has signed in in another tab: the session is the browser's, and what is pressed here
 * would be charged to them. A session that is over shows by itself, at the next question to the server.
 */
export function watchOtherTabs() {
  addEventListener('storage', ({ key, newValue }) => {
    const me = caller.get();
    if (key === 'cellar.signed_in' && newValue && me && newValue !== me.id) location.reload();
  });
}

/** Leads to signing in, and back here afterwards. @param {string} why */
export function toSignIn(why) {
  const next = wayBack(caller.get()?.id);
  const query = new URLSearchParams({ ...(next === '/' ? {} : { next }), ...(why ? { why } : {}) });
  go(query.size ? `/sign-in?${query}` : '/sign-in', { replace: true });
}

/** Leaves the app for good: the storage of this place was cleared with the session. */
function depart() {
  forget();
  keepTheme();
  keepLanguage();
  go('/');
}

export const signOut = once(async () => {
  if (!(await mayLeave())) return;
  try {
    await closeSession();
  } catch (error) {
    // Without an answer nobody knows whether the session ended, so the page does not claim it.
    if (error.status !== 401) {
      if (error.status !== 0) say(t('error.internal'), 'bad');
      return;
    }
  }
  depart();
  say(t('signed_out'));
});

export async function onPasswordChanged() {
  await meet();
  const me = caller.get();
  if (!me) return go('/sign-in?why=password', { replace: true });
  go(returnTo(place.get().query.get('next'), me.id), { replace: true });
  return say(t('password.done'));
}

/** The account is closed: there is nobody left to be signed in. */
export function onClosed() {
  depart();
  say(t('account.closed'));
}
