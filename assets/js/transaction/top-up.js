// @ts-check
// Adding credits to one's own account, from wherever they are needed.
import { useGone } from '/js/core/action.js';
import { amountOf } from '/js/core/amount.js';
import { balance, renewBalance } from '/js/core/balance.js';
import { useForm } from '/js/core/form.js';
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { once } from '/js/core/once.js';
import { useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Problem, say, sayProblem } from '/js/parts/notice.js';
import { createTopUp } from '/js/transaction/api.js';

const PRESETS = [100, 500, 1_000, 5_000];
const AMOUNT_MAX = 1_000_000;

/** @param {{ lacking?: number, onClose: () => void, onDone?: () => void }} props `lacking` is what something at hand needs */
export default function TopUp({ lacking = 0, onClose, onDone }) {
  const held = useStore(balance);
  const isGone = useGone();
  const presets = lacking > 0 ? [...new Set([lacking, ...PRESETS.filter((preset) => preset > lacking)])].slice(0, 4) : PRESETS;
  const { form, field, values, change, problem, busy, dialog } = useForm({
    initial: { amount: String(lacking || 500) },
    // What was chosen with one click is soon chosen again.
    guarded: ({ amount }) => amount.trim() !== '' && !presets.includes(amountOf(amount)),
    check({ amount }) {
      const asked = amountOf(amount);
      const right = asked >= 1 && asked <= AMOUNT_MAX;
      return right ? {} : { amount: t('top_up.range', { max: number(AMOUNT_MAX) }) };
    },
    async send({ amount }) {
      const asked = amountOf(amount);
      try {
        await once(`top_up ${asked}`, (key) => createTopUp(asked, key));
      } catch (error) {
        // The banner at the foot of the page already speaks for a server that does not answer.
        if (isGone.current && error.status) sayProblem(error);
        throw error;
      }
      await renewBalance().catch(() => {});
      if (!isGone.current) onClose();
      say(t('top_up.done', { credits: credits(asked) }));
      onDone?.();
    },
  });
  const asked = amountOf(values.amount);
  const total = held && asked >= 1 && asked <= AMOUNT_MAX ? held.available + asked : null;
  return html`
    <${Dialog} title=${t('top_up.title')} ...${dialog} goesOn onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <div class="chips chips--even" role="group" aria-label=${t('top_up.presets')}>
          ${presets.map((preset) => html`
            <button class="chip num" key=${preset} type="button" aria-pressed=${preset === asked ? 'true' : 'false'}
              onClick=${() => change({ amount: String(preset) })}>${credits(preset)}</button>`)}
        </div>
        <${Field} label=${t('top_up.amount')} inputmode="numeric" autocomplete="off" hint=${t('top_up.free')} ...${field('amount')} />
        <p class="quiet num" aria-live="polite">
          ${total === null ? t('top_up.now', { credits: credits(held?.available ?? 0) }) : t('top_up.then', { credits: credits(total) })}
        </p>
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${asked >= 1 ? t('top_up.add', { credits: credits(asked) }) : t('top_up.action')}<//>
        <//>
      </form>
    <//>`;
}
