// @ts-check
// Where everybody lands after signing in: what there is to spend, what is going on, what to do next.
import { renewBalance } from '/js/core/balance.js';
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { titleOf } from '/js/core/models.js';
import { usePages } from '/js/core/pages.js';
import { useRate } from '/js/core/rate.js';
import { useEvery } from '/js/core/state.js';
import { isOpen, listTasks } from '/js/core/tasks.js';
import { html, useEffect } from '/js/core/view.js';
import { Asked } from '/js/home/asked.js';
import { BalanceCard } from '/js/home/balance-card.js';
import { FirstSteps } from '/js/home/first-steps.js';
import { ModelsCard } from '/js/home/models-card.js';
import { Button } from '/js/parts/button.js';
import { Blank, Failure, Stale } from '/js/parts/notice.js';
import { Progress } from '/js/parts/progress.js';
import { Table } from '/js/parts/table.js';
import { taskColumns, taskTitle } from '/js/parts/task-row.js';

/** @typedef {import('/js/core/tasks.js').Task} Task */

/** How often to look: work under way moves, the rest changes only by what is sent elsewhere. */
const SOON_S = 1;
const LATER_S = 5;
const LISTED = 8;

/** Which greeting fits the reader's clock. */
function greeting() {
  const hour = new Date().getHours();
  return hour < 5 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening';
}

/** @param {{ task: Task }} props */
function Running({ task }) {
  const rate = useRate(task);
  return html`
    <li>
      <${Progress} share=${task.progress} label=${`${taskTitle(task)}, ${titleOf(task.model)}`} />
      <p class="running__foot num"><span>${t('home.rows_done', { count: number(Math.round(task.progress * task.n_rows)), all: number(task.n_rows) })}</span>
        <span>${rate && t('task.speed', { count: number(rate.rows, { maximumSignificantDigits: 3 }) })}</span></p>
    </li>`;
}

/** @param {{ open: Task[] }} props */
function RunningNow({ open }) {
  return html`
    <section class="card" aria-labelledby="running">
      <div class="card__head"><h2 id="running">${t('home.running')}</h2></div>
      <ul class="running">${open.slice(0, 3).map((task) => html`<${Running} key=${task.id} task=${task} />`)}</ul>
    </section>`;
}

/** @param {{ tasks: import('/js/core/pages.js').Pages<Task> }} props */
function LastTasks({ tasks }) {
  const { items, error, reload } = tasks;
  return html`
    <section class="card card--table" aria-labelledby="last-tasks">
      <div class="card__head"><h2 id="last-tasks">${t('home.tasks')}</h2><${Button} kind="small" href="/tasks">${t('home.history')}<//></div>
      ${error && !items ? html`<${Failure} error=${error} retry=${reload} />`
        : items?.length === 0 ? html`
          <${Blank} icon="history" title=${t('home.no_tasks')} text=${t('home.no_tasks_text')}
            action=${html`<${Button} kind="small" href="/models/wine">${t('home.step_one')}<//>`} />`
        : html`
          <${Table} label=${t('home.tasks')} columns=${taskColumns} rows=${items} n=${5} href=${(/** @type {Task} */ { id }) => `/tasks/${id}`} />`}
    </section>`;
}

/** @param {{ me: any }} props */
export default function Home({ me }) {
  const name = me.full_name?.split(' ')[0] || me.username;
  const tasks = usePages(() => listTasks({ limit: LISTED }));
  const open = (tasks.items ?? []).filter(isOpen);
  useEvery(open.length > 0 ? SOON_S : LATER_S, () => { if (!tasks.busy) tasks.reload(); });
  // What is held for a task when it begins is charged or given back when it ends.
  useEffect(() => { if (tasks.items) renewBalance().catch(() => {}); }, [open.map(({ id }) => id).join()]);
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t(`home.${greeting()}`, { name })}</h1></div></div>
      ${tasks.items && tasks.error && html`<${Stale} error=${tasks.error} retry=${tasks.reload} />`}
      <${Asked} />
      <${FirstSteps} newest=${tasks.items?.[0]?.id ?? ''} />
      ${open.length > 0 && html`<${RunningNow} open=${open} />`}
      <div class="page__two page__two--level"><${BalanceCard} /><${ModelsCard} /></div>
      <${LastTasks} tasks=${tasks} />
    </div>`;
}
