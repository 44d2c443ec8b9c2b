// @ts-check
// A task under way: how far it is, how fast, and a way to stop it.
import { duration, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useRate } from '/js/core/rate.js';
import { cancelTask } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { ActButton } from '/js/parts/button.js';
import { sayProblem } from '/js/parts/notice.js';
import { Progress } from '/js/parts/progress.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** @param {{ task: Task, onTask: (task: Task) => void }} props */
export function Running({ task, onTask }) {
  const cancel = async () => onTask(await cancelTask(task.id));
  const n_done = Math.round(task.progress * task.n_rows);
  const rate = useRate(task);
  return html`
    <section class="card running-task" aria-label=${t('running.title')}>
      <${Progress} share=${task.progress} label=${t('running.title')}
        message=${task.status === 'queued' ? t('running.queued') : t('running.done', { n: task.n_rows, count: number(n_done), of: number(task.n_rows) })} />
      <div class="card__foot card__after">
        <span class="quiet num">${rate && t('task.speed', { count: number(rate.rows, { maximumSignificantDigits: 3 }) })}${rate && rate.left_s >= 2
          ? ` · ${t('running.left', { time: duration(rate.left_s) })}` : ''}</span>
        <${ActButton} kind="small" act=${cancel} onError=${sayProblem}>${t('running.cancel')}<//>
      </div>
    </section>`;
}
