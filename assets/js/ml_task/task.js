// @ts-check
// One task: what was asked, what came of it, and what it cost.
import { announce, useTitle } from '/js/core/a11y.js';
import { renewBalance } from '/js/core/balance.js';
import { credits } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useFollow } from '/js/core/live.js';
import { findModel, titleOf } from '/js/core/models.js';
import { go } from '/js/core/router.js';
import { useLoad } from '/js/core/state.js';
import { findTask, isOpen, watchTask } from '/js/core/tasks.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { RunAgain } from '/js/ml_task/again.js';
import { deleteTask } from '/js/ml_task/api.js';
import { Facts } from '/js/ml_task/facts.js';
import { Running } from '/js/ml_task/running.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Confirm } from '/js/parts/dialog.js';
import { Blank, Failure, Stale, say } from '/js/parts/notice.js';
import { TaskFigures, Trouble, outcomeText } from '/js/parts/outcome.js';
import { Results, ResultsComing } from '/js/parts/results.js';
import { SkeletonText } from '/js/parts/skeleton.js';
import { taskTitle } from '/js/parts/task-row.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** @param {{ task: Task, onAct: (deed: 'again' | 'delete') => void }} props */
function Actions({ task, onAct }) {
  if (isOpen(task)) return null;
  return html`
    <div class="page__actions">
      <${Button} kind="icon" icon="trash" aria-label=${t('task_page.delete')} title=${t('task_page.delete')} onClick=${() => onAct('delete')} />
      <${Button} kind="main" icon="refresh" onClick=${() => onAct('again')}>${t('task_page.again')}<//>
    </div>`;
}

/** What came of each row. @param {{ task: Task }} props */
function Rows({ task }) {
  const { data, error, reload } = useLoad(() => findModel(task.model), [task.model]);
  if (data) return html`<${Results} task=${task} model=${data} />`;
  return error ? html`<section class="card"><${Failure} error=${error} retry=${reload} /></section>` : html`<${ResultsComing} task=${task} />`;
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
      announce(outcomeText(next));
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
          <h1 class="page__title">${title ?? html`<${SkeletonText} ch=${30} name=${t('title.task')} />`} ${task && html`<${Badge} status=${task.status} />`}</h1>
          <p>${task ? outcomeText(task) : html`<${SkeletonText} ch=${44} />`}</p>
        </div>
        ${task && html`<${Actions} task=${task} onAct=${setDeed} />`}
      </div>
      ${error && task && html`<${Stale} error=${error} retry=${reload} />`}
      ${task && html`<${Trouble} task=${task} />`}
      ${task && isOpen(task) && html`<${Running} task=${task} onTask=${onTask} />`}
      <${TaskFigures} task=${task} />
      ${task && html`
        ${!isOpen(task) && task.n_predicted + task.n_rejected > 0 && html`<${Rows} key=${task.id} task=${task} />`}
        <${Facts} task=${task} />`}
      ${task && deed === 'again' && html`<${RunAgain} task=${task} onClose=${() => setDeed(null)} />`}
      ${task && deed === 'delete' && html`
        <${Confirm} title=${t('task_page.delete_title')} text=${t(task.cost > 0 ? 'task_page.delete_paid' : 'task_page.delete_free', { credits: credits(task.cost) })}
          action=${t('task_page.delete')} onConfirm=${remove} onClose=${() => setDeed(null)} />`}
    </div>`;
}
