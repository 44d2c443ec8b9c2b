// @ts-check
// Credits moved by the staff's word: added, or put right, always with a reason that the user reads.
import { amountOf } from '/js/core/amount.js';
import { useForm } from '/js/core/form.js';
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { once } from '/js/core/once.js';
import { html } from '/js/core/view.js';
import { createGrant } from '/js/admin/api.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Problem, say } from '/js/parts/notice.js';

const AMOUNT_MAX = 1_000_000;
const REASON_MIN = 3;
const REASON_MAX = 200;

/** @param {{ user: import('/js/admin/api.js').UserRow, kind: 'top-ups' | 'adjustments', onClose: () => void, onDone: () => Promise<void> }} props */
export function Grant({ user, kind, onClose, onDone }) {
  const isTopUp = kind === 'top-ups';
  const least = isTopUp ? 1 : -AMOUNT_MAX;
  const fits = (/** @type {number} */ amount) => amount >= least && amount <= AMOUNT_MAX && amount !== 0;
  const below = (/** @type {number} */ amount) => (fits(amount) && user.available + amount < 0
    ? t('grant.below', { name: user.username, credits: credits(user.available) }) : '');
  const { form, field, values, problem, busy, dialog } = useForm({
    initial: { amount: '', reason: '' },
    check: ({ amount, reason }) => ({
      ...(fits(amountOf(amount)) ? {} : { amount: t(isTopUp ? 'grant.range' : 'grant.range_signed', { max: number(AMOUNT_MAX) }) }),
      ...(below(amountOf(amount)) && { amount: below(amountOf(amount)) }),
      ...([...reason.trim()].length >= REASON_MIN ? {} : { reason: t('grant.reason_missing') }),
      ...([...reason.trim()].length <= REASON_MAX ? {} : { reason: t('grant.reason_long', { max: REASON_MAX }) }),
    }),
    async send({ amount, reason }) {
      const grant = { amount: amountOf(amount), reason: reason.trim() };
      try {
        await once(`${kind} ${user.id} ${JSON.stringify(grant)}`, (key) => createGrant(user.id, kind, grant, key));
      } catch (error) {
        // They were spent meanwhile, and what is left is asked for.
        if (error.code === 'out_of_credits') await onDone();
        throw error;
      }
      onClose();
      onDone();
      say(t('grant.done', { name: user.username, credits: credits(amountOf(amount), { signed: true }) }));
    },
  });
  const amount = amountOf(values.amount);
  const { error: wrong, ...amountField } = field('amount');
  const left = wrong && below(amount);
  const outlook = below(amount) || (fits(amount)
    ? t('grant.then', { name: user.username, credits: credits(user.available + amount) })
    : t('grant.now', { name: user.username, credits: credits(user.available) }));
  return html`
    <${Dialog} title=${t(isTopUp ? 'grant.top_up' : 'grant.adjust', { name: user.username })} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t(isTopUp ? 'grant.amount' : 'grant.amount_signed')} inputmode=${isTopUp ? 'numeric' : 'text'} autocomplete="off"
          hint=${isTopUp ? undefined : t('grant.signed_hint')} error=${left || wrong} ...${amountField} />
        <${Field} label=${t('grant.reason')} autocomplete="off" autocapitalize="sentences" hint=${t('grant.reason_hint')} ...${field('reason')} />
        <p class="quiet num" aria-live="polite">${!left && outlook}</p>
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${t(isTopUp ? 'grant.do_top_up' : 'grant.do_adjust')}<//>
        <//>
      </form>
    <//>`;
}
