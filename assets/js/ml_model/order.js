// @ts-check
// What a file will cost, and sending it. Nothing is spent before the button.
import { useAction } from '/js/core/action.js';
import { balance, renewBalance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { once } from '/js/core/once.js';
import { useStore } from '/js/core/state.js';
import { createTask, termsOf } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Notice, Problem } from '/js/parts/notice.js';

/**
 * @param {{ model: import('/js/core/models.js').Model, chosen: import('/js/ml_model/many.js').Chosen, preview: import('/js/ml_model/preview.js').Preview,
 *   sending: { current: boolean }, onSent: (task: any) => void }} props `sending` is told whether it is on its way
 */
export function Order({ model, chosen, preview, sending, onSent }) {
  const held = useStore(balance);
  // The same file is the same wish, however often it is sent.
  const wish = `${model.id} ${model.version} ${chosen.name} ${chosen.blob.size} ${chosen.stamp}`;
  const price = model.price_per_row ?? 0;
  const nGood = preview.nRows - preview.nBad;
  const { isAsync, cost, needed } = termsOf({ price, n_rows: preview.nRows, n_good: nGood });
  const lacking = held ? Math.max(0, needed - held.available) : 0;
  const { run: send, busy, error: problem } = useAction(async () => {
    sending.current = true;
    const sent = once(wish, (key) => createTask({ model: model.id, body: chosen.blob, key, async: isAsync }));
    const task = await sent.finally(() => { sending.current = false; });
    renewBalance().catch(() => {});
    onSent(task);
  });
  return html`
    <section class="card order" aria-label=${t('many.order')}>
      <div class="order__words">
        <p class="order__price num"><b>${cost || !nGood ? credits(cost) : t('model.free')}</b> ${t('many.price', { n: nGood, count: number(nGood) })}</p>
        <p class="quiet">
          ${preview.nBad > 0 && html`${t('many.bad_free', { n: preview.nBad, count: number(preview.nBad) })} `}
          ${held && !lacking && cost > 0 && t('many.left', { credits: credits(held.available - cost) })}
        </p>
      </div>
      <${Button} kind="main" busy=${busy} off=${!nGood || lacking > 0} onClick=${() => send()}>
        ${t('many.send', { n: nGood, count: number(nGood) })}
      <//>
      ${lacking > 0 && html`
        <div class="order__notice"><${Notice} kind="warn">
          ${t(isAsync && needed > cost ? 'many.lacking_held' : 'many.lacking', { credits: credits(lacking), needed: credits(needed) })}
          ${' '}<button class="link link--button" type="button" onClick=${() => openDialog('top_up', { lacking })}>${t('top_up.action')}</button>
        <//></div>`}
      ${!nGood && html`<div class="order__notice"><${Notice} kind="bad">${t('many.no_good')}<//></div>`}
      ${problem && html`<div class="order__notice"><${Problem} error=${problem} /></div>`}
    </section>`;
}
