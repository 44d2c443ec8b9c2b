// @ts-check
// Where the link of an invitation to a workspace leads, signed in or not yet.
import { useAction } from '/js/core/action.js';
import { t } from '/js/core/i18n.js';
import { dropFragment, go } from '/js/core/router.js';
import { describeSignUp } from '/js/core/server.js';
import { useLoad } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { renewWorkspaces } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Blank, Problem, say } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { redeemInvitation } from '/js/workspace/api.js';

const KEPT = 'cellar.join';

/**
 * The secret of the link. It is taken out of the address at once and kept in this tab alone, so that it goes neither into
 * the history of the browser nor to the server as a place to come back to. What somebody opened while signed in is for
 * them, and not for whoever signs in here next.
 * @param {string} [user_id] who is here
 */
function takeSecret(user_id = '') {
  const said = location.hash.slice(1);
  try {
    if (said) {
      sessionStorage.setItem(KEPT, `${user_id} ${said}`);
      dropFragment();
    }
    const [opener, secret] = (sessionStorage.getItem(KEPT) ?? '').split(' ');
    if (opener && user_id && opener !== user_id) return null;
    return said || secret || null;
  } catch {
    return said || null;
  }
}

function forgetSecret() {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // What could not be kept need not be forgotten.
  }
}

/** @param {{ secret: string, me: any, onOver: () => void }} props */
function Offer({ secret, me, onOver }) {
  const { run: accept, busy, error: problem } = useAction(async () => {
    const workspace = await redeemInvitation(secret).catch((error) => {
      // What was refused once is refused for good, so it is not offered any more.
      if (error.status !== 404) throw error;
      return null;
    });
    forgetSecret();
    if (!workspace) return onOver();
    await renewWorkspaces().catch(() => {});
    go(`/workspaces/${workspace.id}`, { replace: true });
    return say(t('join.done', { name: workspace.name }));
  });
  return html`
    <p>${t('join.as', { name: me.full_name || me.username })}</p>
    ${problem && html`<${Problem} error=${problem} />`}
    <div class="form__actions">
      <${Button} kind="main" busy=${busy} onClick=${accept}>${t('join.accept')}<//>
      <${Button} kind="bare" href="/">${t('join.later')}<//>
    </div>`;
}

/** The ways in for whoever is not signed in yet; making an account is one only where people may. */
function Doors() {
  const { data, error } = useLoad(describeSignUp);
  const isKnown = data || error;
  const isBarred = data !== null && data.sign_up !== 'open';
  return html`
    <div class="form">
      <p>${isKnown ? t(isBarred ? 'join.sign_in_only' : 'join.sign_in_first') : html`<${Skeleton} ch=${32} />`}</p>
      ${isBarred && html`<p class="quiet">${t('join.account_first')}</p>`}
      <div class="form__actions">
        <${Button} kind="main" href="/sign-in?next=%2Fjoin">${t('sign_in.action')}<//>
        ${isKnown && !isBarred && html`<${Button} href="/sign-up?next=%2Fjoin">${t('title.sign_up')}<//>`}
      </div>
    </div>`;
}

/** @param {{ me: any }} props */
export default function Join({ me }) {
  const [secret, setSecret] = useState(() => takeSecret(me?.id));
  const [over, setOver] = useState(false);
  // Another link may be opened on this very screen.
  useEffect(() => {
    const look = () => {
      setOver(false);
      setSecret(takeSecret(me?.id));
    };
    addEventListener('hashchange', look);
    return () => removeEventListener('hashchange', look);
  }, []);
  if (over) {
    return html`
      <div class="solo solo--left">
        <div class="solo__head" role="alert"><h1>${t('join.over')}</h1><p>${t('join.over_text')}</p></div>
        <div><${Button} href="/workspaces">${t('title.workspaces')}<//></div>
      </div>`;
  }
  return html`
    <div class=${me ? 'solo solo--left' : 'solo'}>
      <div class="solo__head"><h1>${t('join.title')}</h1><p>${t('join.lede')}</p></div>
      <div class="card">
        ${!secret ? html`<${Blank} icon="mail" title=${t('join.empty')} text=${t('join.empty_text')} />`
          : me ? html`<div class="form"><${Offer} secret=${secret} me=${me} onOver=${() => setOver(true)} /></div>`
          : html`<${Doors} />`}
      </div>
    </div>`;
}
