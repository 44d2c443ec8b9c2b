// @ts-check
// Changing one's own password; also the first thing to do with a password that somebody else made.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { safeReturn } from '/js/core/router.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { changePassword } from '/js/user/api.js';

const LENGTH_MIN = 8;
const LENGTH_MAX = 256;

/** @param {Record<string, string>} values */
function check({ current_password, new_password, repeat }) {
  const wrong = /** @type {Record<string, string>} */ ({});
  const length = [...new_password].length;
  if (!current_password) wrong.current_password = t('password.current_missing');
  if (length < LENGTH_MIN) wrong.new_password = t('password.too_short', { n: LENGTH_MIN });
  else if (length > LENGTH_MAX) wrong.new_password = t('password.too_long', { n: LENGTH_MAX });
  else if (new_password === current_password) wrong.new_password = t('password.same');
  if (repeat !== new_password) wrong.repeat = t('password.differs');
  return wrong;
}

/** @param {{ me: import('/js/user/api.js').User, query: URLSearchParams, onPasswordChanged: () => Promise<void> }} props */
export default function Password({ me, query, onPasswordChanged }) {
  const { form, field, problem, busy } = useForm({
    initial: { current_password: '', new_password: '', repeat: '' },
    // A browser may fill in the present password by itself.
    guarded: ({ new_password, repeat }) => Boolean(new_password || repeat),
    check,
    async send({ current_password, new_password }) {
      await changePassword({ current_password, new_password });
      await onPasswordChanged();
    },
  });
  const must = me.must_change_password;
  return html`
    <div class="solo solo--left">
      <div class="solo__head"><h1>${t('title.password')}</h1><p>${t(must ? 'password.lede_must' : 'password.lede')}</p></div>
      ${must && html`<${Notice} kind="warn">${t('password.must')}<//>`}
      <div class="card">
        <form class="form" ...${form}>
          ${problem && html`<${Problem} error=${problem} />`}
          <input class="unseen" type="text" name="username" value=${me.username} autocomplete="username" readonly
            tabindex="-1" aria-hidden="true" />
          <${Field} label=${t('password.current')} type="password" autocomplete="current-password"
            ...${field('current_password')} />
          <${Field} label=${t('password.new')} type="password" autocomplete="new-password"
            hint=${t('password.rule', { min: LENGTH_MIN, max: LENGTH_MAX })} ...${field('new_password')} />
          <${Field} label=${t('password.repeat')} type="password" autocomplete="new-password" ...${field('repeat')} />
          <div class="form__actions">
            <${Button} kind="main" type="submit" busy=${busy}>${t('password.action')}<//>
            ${!must && html`<${Button} kind="bare" href=${safeReturn(query.get('next') ?? '/account')}>${t('cancel')}<//>`}
          </div>
        </form>
      </div>
    </div>`;
}
