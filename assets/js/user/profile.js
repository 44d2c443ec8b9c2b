// @ts-check
// Who one is on this server, to be changed.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Problem, say } from '/js/parts/notice.js';
import { updateMe } from '/js/user/api.js';

/** @param {import('/js/user/api.js').User} me */
const valuesOf = (me) => ({ full_name: me.full_name ?? '', username: me.username, email: me.email ?? '' });

/** @param {{ me: import('/js/user/api.js').User, renewMe: () => Promise<void> }} props */
export function Profile({ me, renewMe }) {
  const { form, field, values, problem, busy, isDirty, restart } = useForm({
    initial: valuesOf(me),
    check: ({ username, email }) => ({
      ...(username.trim() ? {} : { username: t('profile.username_missing') }),
      // An account made by the staff may have no address; one that has an address keeps one.
      ...(email.trim() || !me.email ? {} : { email: t('profile.email_missing') }),
    }),
    async send() {
      const before = valuesOf(me);
      const names = /** @type {('full_name' | 'username' | 'email')[]} */ (['full_name', 'username', 'email']);
      const changed = names.filter((name) => values[name].trim() !== before[name]);
      const next = await updateMe(Object.fromEntries(changed.map((name) => [name, values[name].trim()])));
      restart(valuesOf(next));
      await renewMe();
      say(t('profile.saved'));
    },
  });
  return html`
    <section class="card">
      <div class="card__head"><h2>${t('profile.title')}</h2></div>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('profile.full_name')} autocomplete="name" autocapitalize="words" ...${field('full_name')} />
        <${Field} label=${t('profile.username')} autocomplete="username" hint=${t('profile.username_hint')} ...${field('username')} />
        <${Field} label=${t('profile.email')} type="email" autocomplete="email" hint=${t('profile.email_hint')} ...${field('email')} />
        <div class="form__actions">
          <${Button} kind="main" type="submit" busy=${busy} off=${!isDirty}>${t('profile.save')}<//>
          ${isDirty && html`<${Button} kind="bare" onClick=${() => { if (!busy) restart(valuesOf(me)); }}>${t('profile.undo')}<//>`}
        </div>
      </form>
    </section>`;
}
