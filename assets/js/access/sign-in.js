// @ts-check
// Signing in. Where to go afterwards is for the caller of this screen to decide.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { describeSignUp } from '/js/core/server.js';
import { useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { openSession } from '/js/access/api.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';

/** @param {{ query: URLSearchParams, renewMe: () => Promise<void> }} props */
export default function SignIn({ query, renewMe }) {
  const { form, field, problem, busy } = useForm({
    initial: { identity: '', password: '' },
    guarded: false,
    check(values) {
      const wrong = /** @type {Record<string, string>} */ ({});
      if (!values.identity.trim()) wrong.identity = t('sign_in.identity_missing');
      if (!values.password) wrong.password = t('sign_in.password_missing');
      return wrong;
    },
    async send(values) {
      try {
        await openSession({ identity: values.identity.trim(), password: values.password });
      } catch (error) {
        // One field stands for the two names that the server knows.
        for (const issue of error.issues ?? []) {
          if (['username', 'email'].includes(issue.field)) issue.field = 'identity';
          // Which of the two is wrong is not for a stranger to know.
          if (issue.code === 'wrong_password') issue.code = 'wrong_pair';
        }
        throw error;
      }
      await renewMe();
    },
  });
  const why = query.get('why');
  const { data: rule } = useLoad(describeSignUp);
  const next = query.get('next');
  const sign_up = next ? `/sign-up?${new URLSearchParams({ next })}` : '/sign-up';
  return html`
    <div class="solo">
      <div class="solo__head"><h1>${t('title.sign_in')}</h1><p>${t('sign_in.lede')}</p></div>
      ${why === 'ended' && html`<${Notice} kind="warn">${t('sign_in.ended')}<//>`}
      ${why === 'password' && html`<${Notice} kind="good">${t('sign_in.password_changed')}<//>`}
      <div class="card">
        <form class="form" ...${form}>
          ${problem && html`<${Problem} error=${problem} />`}
          <${Field} label=${t('sign_in.identity')} autocomplete="username" ...${field('identity')} />
          <${Field} label=${t('sign_in.password')} type="password" autocomplete="current-password" ...${field('password')} />
          <${Button} kind="main wide" type="submit" busy=${busy}>${t('sign_in.action')}<//>
        </form>
      </div>
      ${rule?.sign_up === 'open'
        ? html`<p class="solo__foot">${t('sign_in.new_here')} <a class="link" href=${sign_up}>${t('title.sign_up')}</a></p>`
        : rule && html`<p class="solo__foot">${t('sign_in.no_account')}</p>`}
    </div>`;
}
