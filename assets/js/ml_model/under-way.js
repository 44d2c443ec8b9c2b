// @ts-check
// A task at work: how far it is, how quick, and a way to stop it.
import { useAction } from '/js/core/action.js';
import { renewBalance } from '/js/core/balance.js';
import { credits, duration, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useFollow } from '/js/core/live.js';
import { useRate } from '/js/core/rate.js';
import { cancelTask, isOpen, watchTask } from '/js/core/tasks.js';
import { html, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Problem } from '/js/parts/notice.js';
import { Progress } from '/js/parts/progress.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** @param {{ first: Task, name: string | null, onEnd: (task: Task) => void }} props */
export function Under({ first, name, onEnd }) {
  const [task, setTask] = useState(first);
  const rate = useRate(task);
  const see = (/** @type {Task} */ next) => {
    setTask(next);
    if (isOpen(next)) return;
    renewBalance().catch(() => {});
    onEnd(next);
  };
  useFollow(first.id, watchTask, see);
  const { run: stop, busy: stopping, error: problem } = useAction(async () => see(await cancelTask(first.id)));
  const nDone = Math.round(task.progress * task.n_rows);
  return html`
    <section class="card" aria-labelledby="under-way">
      <div class="card__head">
        <h2 id="under-way" class="file-name">${name ?? t('many.rows', { n: task.n_rows, count: number(task.n_rows) })}</h2>
        <${Button} busy=${stopping} onClick=${stop}>${t('many.stop')}<//>
      </div>
      ${problem && html`<${Problem} error=${problem} />`}
      <${Progress} share=${task.progress} label=${t(task.status === 'queued' ? 'many.queued' : 'many.running')} />
      <p class="running__foot num">
        <span>${t('many.rows_done', { count: number(nDone), all: number(task.n_rows) })}</span>
        <span>${rate && t('many.rate', { rows: number(rate.rows, { maximumSignificantDigits: 3 }), time: duration(rate.left_s) })}</span>
      </p>
      <p class="field__hint gap">${t('many.held', { credits: credits(task.price_per_row * task.n_rows) })}</p>
    </section>`;
}
