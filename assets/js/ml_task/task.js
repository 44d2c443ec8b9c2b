// @ts-check
// One task: what was asked, what came of it, and what it cost.
import { announce, useTitle } from '/js/core/a11y.js';
import { renewBalance } from '/js/core/balance.js';
import { computing, credits, number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useFollow } from '/js/core/live.js';
import { titleOf } from '/js/core/models.js';
import { go } from '/js/core/router.js';
import { useLoad } from '/js/core/state.js';
import { findTask, isOpen, resultsAddress, watchTask } from '/js/core/tasks.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { RunAgain } from '/js/ml_task/again.js';
import { deleteTask } from '/js/ml_task/api.js';
import { Facts, chargeText } from '/js/ml_task/facts.js';
import { Input } from '/js/ml_task/input.js';
import { Rows } from '/js/ml_task/rows.js';
import { Running } from '/js/ml_task/running.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { Blank, Failure, Notice, Stale, say } from '/js/parts/notice.js';
import { Skeleton } from '/js/parts/skeleton.js';
import { Stat } from '/js/parts/stat.js';
import { taskTitle } from '/js/parts/task-row.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** How it went, in a sentence. @param {Task} task */
function outcome(task) {
  if (isOpen(task)) return t(`task_page.${task.status}`);
  if (task.status !== 'succeeded') return t(`task_page.${task.status}`);
  if (task.n_rejected === 0) return t('task_page.all_good', { n: task.n_predicted, count: number(task.n_predicted) });
  return t('task_page.some_bad', { n: task.n_rejected, count: number(task.n_rejected), predicted: number(task.n_predicted) });
}

/** @param {{ task: Task, onAct: (deed: 'again' | 'delete') => void }} props */
function Actions({ task, onAct }) {
  if (isOpen(task)) return null;
  return html`
    <div class="page__actions">
      ${task.n_predicted > 0 && html`<${Button} icon="download" href=${resultsAddress(task.id)} download>${t('task_page.download')}<//>`}
      <${Button} kind="icon" icon="trash" aria-label=${t('task_page.delete')} title=${t('task_page.delete')} onClick=${() => onAct('delete')} />
      <${Button} kind="main" icon="refresh" onClick=${() => onAct('again')}>${t('task_page.again')}<//>
    </div>`;
}

/** @param {{ task: Task | null }} props */
function Figures({ task }) {
  const open = task !== null && isOpen(task);
  const pending = open ? '–' : undefined;
  return html`
    <${Stat} figures=${[
      { name: t('task_page.predicted'), value: pending ?? (task ? number(task.n_predicted) : undefined), more: task ? t('task_page.of_rows', { n: task.n_rows, count: number(task.n_rows) }) : undefined },
      { name: t('task_page.rejected'), value: pending ?? (task ? number(task.n_rejected) : undefined), tone: task?.n_rejected ? 'bad' : undefined,
        more: task ? t('task_page.cost_nothing') : undefined },
      { name: t(open ? 'task_page.held' : 'task_page.charged'), value: task ? number(open ? task.price_per_row * task.n_rows : task.cost) : undefined,
        more: task ? chargeText(task) : undefined },
      { name: t('task_page.took'), value: pending ?? (task ? (task.compute_ms === null ? '–' : computing(task.compute_ms)) : undefined),
        more: task && !open && task.compute_ms && task.n_predicted ? t('task_page.speed', { count: number(task.n_rows / (task.compute_ms / 1000), { maximumSignificantDigits: 3 }) }) : undefined },
    ]} />`;
}

/** @param {{ error: any, reload: () => void }} props */
function Gone({ error, reload }) {
  return html`
    <div class="page">
      <div class="page__head"><div><p class="page__crumb"><a href="/tasks">${t('title.history')}</a></p><h1>${t('title.task')}</h1></div></div>
      <section class="card">
        ${error.status === 404
          ? html`<${Blank} icon="history" title=${t('task_page.gone')} text=${t('task_page.gone_text')}
              action=${html`<${Button} kind="small" href="/tasks">${t('task_page.to_history')}<//>`} />`
          : html`<${Failure} error=${error} retry=${reload} />`}
      </section>
    </div>`;
}

/** @param {{ params: { id: string } }} props */
export default function TaskScreen({ params }) {
  const { data, error, reload } = useLoad(() => findTask(params.id), [params.id]);
  const [news, setNews] = useState(/** @type {Task | null} */ (null));
  const [deed, setDeed] = useState(/** @type {'again' | 'delete' | null} */ (null));
  // What was told last is the newest, and a task that has ended stays so.
  const task = news && (!data || isOpen(data)) ? news : data;
  const onTask = (/** @type {Task} */ next) => {
    setNews(next);
    if (!isOpen(next)) {
      announce(outcome(next));
      renewBalance().catch(() => {});
    }
  };
  useFollow(task && isOpen(task) ? task.id : null, watchTask, onTask);
  useEffect(() => setNews(null), [params.id]);
  const title = task && t('task_page.title', { model: titleOf(task.model), rows: taskTitle(task) });
  useTitle(title);
  if (error && !task) return html`<${Gone} error=${error} reload=${reload} />`;
  const remove = async () => {
    if (!task) return;
    await deleteTask(task.id);
    setDeed(null);
    go('/tasks', { replace: true });
    say(t('task_page.deleted'));
  };
  return html`
    <div class="page">
      <div class="page__head">
        <div>
          <p class="page__crumb"><a href="/tasks">${t('title.history')}</a></p>
          <h1 class="page__title">${title ?? html`<${Skeleton} ch=${24} />`} ${task && html`<${Badge} status=${task.status} />`}</h1>
          <p>${task ? outcome(task) : html`<${Skeleton} ch=${40} />`}</p>
        </div>
        ${task && html`<${Actions} task=${task} onAct=${setDeed} />`}
      </div>
      ${error && task && html`<${Stale} error=${error} retry=${reload} />`}
      ${task?.status === 'failed' && task.error && task.n_rejected < task.n_rows && html`<${Notice} kind="bad">${task.error}<//>`}
      ${task && isOpen(task) && html`<${Running} task=${task} onTask=${onTask} />`}
      <${Figures} task=${task} />
      ${task && html`
        <${Rows} key=${`rows ${task.id} ${task.status}`} task=${task} />
        <${Input} key=${`input ${task.id} ${task.status}`} task=${task} />
        <${Facts} task=${task} />`}
      ${task && deed === 'again' && html`<${RunAgain} task=${task} onClose=${() => setDeed(null)} />`}
      ${task && deed === 'delete' && html`
        <${Confirm} title=${t('task_page.delete_title')} text=${t(task.cost > 0 ? 'task_page.delete_paid' : 'task_page.delete_free', { credits: credits(task.cost) })}
          action=${t('task_page.delete')} onConfirm=${remove} onClose=${() => setDeed(null)} />`}
    </div>`;
}
