// @ts-check
// Making an account. An invitation's secret stands behind the # of its link, where no server sees it until it is used.
import { useForm } from '/js/core/form.js';
import { credits } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { describeSignUp } from '/js/core/server.js';
import { useLoad } from '/js/core/state.js';
import { html, useRef } from '/js/core/view.js';
import { checkInvitation, openSession, register } from '/js/access/api.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Blank, Failure, Notice, Problem, say } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

/** What every name keeps to; the server knows the rest. */
const NAME = /^[\p{Alphabetic}\p{N}]\S{1,30}[\p{Alphabetic}\p{N}]$/u;

const LENGTH_MIN = 8;
const LENGTH_MAX = 256;

/** @param {Record<string, string>} values */
function check({ username, email, password }) {
  const wrong = /** @type {Record<string, string>} */ ({});
  const length = [...password].length;
  if (!username.trim()) wrong.username = t('sign_up.username_missing');
  else if (!NAME.test(username.trim().normalize('NFKC'))) wrong.username = t('issue.username.invalid');
  if (!/^\S+@\S+$/.test(email.trim())) wrong.email = t(email.trim() ? 'issue.email.invalid' : 'sign_up.email_missing');
  if (length < LENGTH_MIN) wrong.password = t('password.too_short', { n: LENGTH_MIN });
  else if (length > LENGTH_MAX) wrong.password = t('password.too_long', { n: LENGTH_MAX });
  return wrong;
}

/** @param {{ next: string | null, invitation: string, gift: number, renewMe: () => Promise<void> }} props */
function Form({ next, invitation, gift, renewMe }) {
  const sent = useRef('');
  const { form, field, problem, busy } = useForm({
    initial: { username: '', email: '', full_name: '', password: '' },
    check,
    async send(values) {
      const account = { username: values.username.trim(), email: values.email.trim(), password: values.password };
      const full_name = values.full_name.trim();
      const said = JSON.stringify(account);
      const isAgain = sent.current === said;
      sent.current = said;
      /** @type {any} */
      let refused = null;
      try {
        await register({ ...account, ...(full_name ? { full_name } : {}), ...(invitation ? { invitation } : {}) });
      } catch (refusal) {
        // What is refused the second time may have been made by the first, of which the end was lost on the way.
        if (!isAgain || !refusal.issues.length) throw refusal;
        refused = refusal;
      }
      try {
        await openSession({ identity: account.username, password: account.password });
      } catch (refusal) {
        throw refused && refusal.issues.length ? refused : refusal;
      }
      await renewMe();
      say(t('sign_up.done'));
    },
  });
  const sign_in = next ? `/sign-in?${new URLSearchParams({ next })}` : '/sign-in';
  const spent = problem?.issues?.find((/** @type {any} */ issue) => issue.field === 'invitation');
  return html`
    ${invitation && !spent && html`<${Notice}>${t('sign_up.invited')}<//>`}
    <div class="card">
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('sign_up.username')} autocomplete="username" hint=${t('sign_up.username_rule')} ...${field('username')} />
        <${Field} label=${t('sign_up.email')} type="email" autocomplete="email" ...${field('email')} />
        <${Field} label=${t('sign_up.full_name')} autocomplete="name" ...${field('full_name')} />
        <${Field} label=${t('sign_up.password')} type="password" autocomplete="new-password"
          hint=${t('password.rule', { min: LENGTH_MIN, max: LENGTH_MAX })} ...${field('password')} />
        <${Button} kind="main wide" type="submit" busy=${busy}>${t('sign_up.action')}<//>
        ${gift > 0 && !spent && html`<p class="form__note">${t('sign_up.gift', { credits: credits(gift) })}</p>`}
      </form>
    </div>
    <p class="solo__foot">${t('sign_up.have')} <a class="link" href=${sign_in}>${t('sign_in.action')}</a></p>`;
}

/** Who may make an account, and whether the link's invitation is good for one. @param {string} invitation */
async function look(invitation) {
  const [rule, state] = await Promise.all([describeSignUp(), invitation ? checkInvitation(invitation) : null]);
  return { ...rule, invitation: state?.is_open ? invitation : '', isRefused: state?.is_open === false };
}

/** Why nobody can make an account here, or not with this link. @param {Awaited<ReturnType<typeof look>>} rule */
function barrier({ sign_up, invitation, isRefused }) {
  if (sign_up === 'invite') return invitation ? null : isRefused ? 'refused' : 'invite';
  return sign_up === 'closed' ? 'closed' : null;
}

/** @param {{ query: URLSearchParams, renewMe: () => Promise<void> }} props */
export default function SignUp({ query, renewMe }) {
  const secret = location.hash.slice(1);
  const { data, error, reload } = useLoad(() => look(secret));
  const barred = data && barrier(data);
  return html`
    <div class="solo">
      <div class="solo__head"><h1>${t('title.sign_up')}</h1><p>${t('sign_up.lede')}</p></div>
      ${error && !data ? html`<div class="card"><${Failure} error=${error} retry=${reload} /></div>`
        : barred ? html`
          <div class="card">
            <${Blank} icon="lock" title=${t(`sign_up.${barred}`)} text=${t(`sign_up.${barred}_text`)}
              action=${html`<${Button} href="/sign-in">${t('sign_in.action')}<//>`} />
          </div>`
        : secret && !data ? html`<div class="card"><${SkeletonBlock} /></div>`
        : html`
          ${data?.isRefused && html`<${Notice}>${t('sign_up.refused_but_open')}<//>`}
          <${Form} next=${query.get('next')} invitation=${data?.invitation ?? ''} gift=${data?.credits ?? 0} renewMe=${renewMe} />`}
    </div>`;
}
