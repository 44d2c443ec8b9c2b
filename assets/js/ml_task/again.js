// @ts-check
// Sends the same rows again, after saying what that costs.
import { useAction, useGone } from '/js/core/action.js';
import { balance, renewBalance } from '/js/core/balance.js';
import { openDialog } from '/js/core/dialogs.js';
import { credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { findModel, titleOf } from '/js/core/models.js';
import { once } from '/js/core/once.js';
import { leaveFor } from '/js/core/router.js';
import { useLoad, useStore } from '/js/core/state.js';
import { termsOf } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { runAgain } from '/js/ml_task/api.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Facts } from '/js/parts/facts.js';
import { Notice, Problem, say, sayProblem } from '/js/parts/notice.js';

/** @param {{ task: import('/js/core/tasks.js').Task, onClose: () => void }} props */
export function RunAgain({ task, onClose }) {
  const model = useLoad(() => findModel(task.model), [task.model]);
  const held = useStore(balance);
  const isGone = useGone();
  const price = model.data?.price_per_row ?? task.price_per_row;
  const isNewer = model.data?.version && model.data.version !== task.model_version;
  // What was good before is good again, unless it is read in another way or was never looked at; then everything may be.
  const n_good = isNewer ? task.n_rows : task.n_predicted || task.n_rows;
  const { isAsync, cost, needed } = termsOf({ price, n_rows: task.n_rows, n_good });
  const lacking = held ? Math.max(0, needed - held.available) : 0;
  const notReady = model.data && model.data.status !== 'ready';
  const { run, busy, error: problem } = useAction(async () => {
    const next = await once(`again ${task.id}`, (key) => runAgain(task, key, isAsync));
    renewBalance().catch(() => {});
    // Whoever has closed the dialog meanwhile has other things at hand.
    if (!isGone.current) {
      onClose();
      leaveFor(`/tasks/${next.id}`);
    }
    say(t('again.sent', { n: task.n_rows, count: number(task.n_rows) }));
  }, (error) => {
    // The banner at the foot of the page already speaks for a server that does not answer.
    if (isGone.current && error.status) sayProblem(error);
  });
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!notReady) run();
  };
  const topUp = () => {
    onClose();
    openDialog('top_up', { lacking });
  };
  return html`
    <${Dialog} title=${t('again.title')} busy=${busy} goesOn onClose=${onClose} text=${t('again.text', { n: task.n_rows, count: number(task.n_rows), model: titleOf(task.model) })}>
      <form class="form" onSubmit=${send} noValidate>
        ${problem && html`<${Problem} error=${problem} />`}
        ${notReady && html`<${Notice} kind="warn">${t('again.not_ready')}<//>`}
        <${Facts} rows=${[
          { name: t('again.price'), value: model.busy ? undefined : t('again.price_value', { credits: credits(cost) }), detail: t('facts.per_row', { credits: credits(price) }) },
          { name: t('again.have'), value: held ? credits(held.available) : undefined },
        ]} />
        ${isNewer && html`<p class="quiet">${t('again.newer')}</p>`}
        ${lacking > 0 && html`<${Notice} kind="warn">${t('again.lacking', { credits: credits(lacking) })}<//>`}
        <${DialogFoot}>
          <${Cancel} />
          ${lacking > 0
            ? html`<${Button} kind="main" onClick=${topUp}>${t('top_up.action')}<//>`
            : html`<${Button} kind="main" type="submit" busy=${busy}>${t('again.action')}<//>`}
        <//>
      </form>
    <//>`;
}
