// @ts-check
// One account as the staff sees it.
import { useTitle } from '/js/core/a11y.js';
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { findUser } from '/js/admin/api.js';
import { nameOf } from '/js/admin/names.js';
import { Grant } from '/js/admin/grant.js';
import { Deeds } from '/js/admin/user-deeds.js';
import { Lists, ListsComing } from '/js/admin/user-lists.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Facts } from '/js/parts/facts.js';
import { Failure, Notice, Stale } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { Stat } from '/js/parts/stat.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').UserDetail} UserDetail */

const RENEW_S = 15;

/** @param {{ user: UserDetail | null }} props */
function About({ user }) {
  const or = (/** @type {any} */ value) => user && (value || html`<span class="faint">–</span>`);
  return html`
    <section class="card">
      <div class="card__head"><h2>${t('user.about')}</h2>
        ${user && html`<span class="chips"><${Badge} status=${user.state} />
          ${user.role === 'admin' && html`<span class="badge badge--info">${t('role.admin')}</span>`}</span>`}
      </div>
      <${Facts} rows=${[
        { name: t('user.full_name'), value: or(user?.full_name) },
        { name: t('user.email'), value: or(user?.email) },
        { name: t('user.since'), value: user && html`<${Time} at=${user.created_at} />` },
        { name: t('user.seen'), value: user?.state === 'closed' ? or(null) : user && (user.last_seen_at ? html`<${Time} at=${user.last_seen_at} />` : t('users.unseen')) },
        { name: t('user.keys'), value: user && number(user.activity.n_api_keys) },
        { name: t('user.workspaces'), value: user && number(user.activity.n_workspaces) },
        { name: t('user.id'), value: user && html`<code>${user.id}</code>` },
      ]} />
    </section>`;
}

/** @param {{ params: { id: string } }} props */
export default function User({ params: { id } }) {
  const { data: user, error, reload } = useLoad(() => findUser(id), [id]);
  const [granting, setGranting] = useState(/** @type {'top-ups' | 'adjustments' | null} */ (null));
  const [turn, setTurn] = useState(0);
  useTitle(user && nameOf(user.username));
  useEvery(RENEW_S, reload);
  const renew = async () => {
    await reload();
    setTurn((old) => old + 1);
  };
  const crumb = html`<p class="page__crumb"><a href="/admin/users">${t('title.users')}</a></p>`;
  if (error && !user) {
    return html`<div class="page"><div class="page__head"><div>${crumb}<h1>${t('title.user')}</h1></div></div>
      <section class="card"><${Failure} error=${error} retry=${reload} /></section></div>`;
  }
  const figure = (/** @type {number | undefined} */ value) => (value === undefined ? undefined : number(value));
  const money = (/** @type {number | undefined} */ value) => ({ value: figure(value), unit: t('credits.unit', { n: value ?? 0 }) });
  return html`
    <div class="page">
      <div class="page__head">
        <div>${crumb}<h1>${user ? nameOf(user.username) : html`<${Skeleton} ch=${8} name=${t('title.user')} />`}</h1></div>
        ${user && user.state !== 'closed' && html`
          <div class="page__actions">
            <${Button} onClick=${() => setGranting('adjustments')}>${t('user.adjust')}<//>
            <${Button} kind="main" icon="plus" onClick=${() => setGranting('top-ups')}>${t('top_up.action')}<//>
          </div>`}
      </div>
      ${user?.state === 'disabled' && html`<${Notice} kind="warn">${t('user.disabled')}<//>`}
      ${user?.state === 'closed' && html`<${Notice}>${t('user.closed')}<//>`}
      ${user?.must_change_password && html`<${Notice}>${t('user.must_change')}<//>`}
      ${user && error && html`<${Stale} error=${error} retry=${reload} />`}
      <${Stat} figures=${[
        { name: t('user.available'), ...(user?.state === 'closed' ? { value: '–' } : money(user?.available)) },
        { name: t('user.held'), ...money(user?.held) },
        { name: t('user.spent'), ...money(user?.activity.spent) },
        { name: t('user.tasks'), value: figure(user?.activity.n_tasks), unit: t('tasks.unit', { n: user?.activity.n_tasks ?? 0 }) },
      ]} />
      <div class="page__two page__two--figures">
        <div class="page__stack">${user ? html`<${Lists} user=${user} turn=${turn} />` : html`<${ListsComing} />`}</div>
        <div class="page__stack">
          <${About} user=${user} />
          ${user && user.state !== 'closed' && html`<${Deeds} user=${user} onDone=${renew} />`}
        </div>
      </div>
      ${user && granting && html`<${Grant} user=${user} kind=${granting} onClose=${() => setGranting(null)} onDone=${renew} />`}
    </div>`;
}
