// @ts-check
// What an account did and where it is signed in, side by side.
import { t } from '/js/core/i18n.js';
import { number } from '/js/core/format.js';
import { usePages } from '/js/core/pages.js';
import { useFilters } from '/js/core/filters.js';
import { useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { listAllTasks, listAllTransactions, listUserSessions } from '/js/admin/api.js';
import { taskColumns } from '/js/admin/task-columns.js';
import { entryColumns } from '/js/admin/entry-columns.js';
import { Device } from '/js/parts/device.js';
import { Blank, Failure } from '/js/parts/notice.js';
import { List, Table } from '/js/parts/table.js';
import { TabPanel, Tabs } from '/js/parts/tabs.js';
import { Time } from '/js/parts/time.js';

const TABS = ['transactions', 'tasks', 'sessions'];

/** @param {{ id: string, turn: number }} props */
function Transactions({ id, turn }) {
  const pages = usePages((cursor) => listAllTransactions({ user_id: id, cursor, limit: 10 }), [id, turn]);
  return html`<${List} label=${t('user.transactions')} columns=${entryColumns(false)} pages=${pages}
    blank=${{ icon: 'coin', title: t('staff.no_entries'), text: t('user.no_entries') }} />`;
}

/** @param {{ id: string }} props */
function Tasks({ id }) {
  const pages = usePages((cursor) => listAllTasks({ user_id: id, cursor, limit: 10 }), [id]);
  return html`<${List} label=${t('user.tasks')} columns=${taskColumns(false)} pages=${pages}
    blank=${{ icon: 'history', title: t('staff.no_tasks'), text: t('user.no_tasks') }} />`;
}

/** @returns {import('/js/parts/table.js').Column<any>[]} */
const sessionColumns = () => [
  { key: 'device', label: t('user.device'), ch: 18, wide: true, cell: (session) => html`<${Device} agent=${session.user_agent} />` },
  { key: 'seen', label: t('user.seen'), labelled: true, cell: (session) => html`<span class="quiet"><${Time} at=${session.last_seen_at} /></span>` },
  { key: 'since', label: t('user.signed_in'), right: true, labelled: true, cell: (session) => html`<span class="quiet"><${Time} at=${session.created_at} /></span>` },
];

/** @param {{ id: string, turn: number }} props */
function Sessions({ id, turn }) {
  const { data, error, reload } = useLoad(() => listUserSessions(id), [id, turn]);
  if (error && !data) return html`<${Failure} error=${error} retry=${reload} />`;
  if (data?.items.length === 0) return html`<${Blank} icon="device" title=${t('user.no_sessions')} text=${t('user.no_sessions_text')} />`;
  return html`<${Table} label=${t('user.sessions')} columns=${sessionColumns()} rows=${data?.items ?? null} n=${2} />`;
}

/** What an account did, while it is on its way itself. */
export function ListsComing() {
  return html`<div class="card card--table"><${Table} label=${t('user.activity')} columns=${entryColumns(false)} rows=${null} n=${10} /></div>`;
}

/** @param {{ user: import('/js/admin/api.js').UserDetail, turn: number }} props Another turn reads anew. */
export function Lists({ user, turn }) {
  const [{ tab }, set] = useFilters({ tab: TABS[0] }, { tab: TABS });
  const { n_transactions, n_tasks, n_sessions } = user.activity;
  const counts = /** @type {Record<string, number>} */ ({ transactions: n_transactions, tasks: n_tasks, sessions: n_sessions });
  return html`
    <section class="page__stack">
      <${Tabs} name="lists" label=${t('user.activity')} chosen=${tab} onChoose=${(/** @type {string} */ id) => set({ tab: id })}
        tabs=${TABS.map((id) => ({ id, label: t(`user.${id}`), count: number(counts[id]) }))} />
      <${TabPanel} name="lists" chosen=${tab}>
        <div class="card card--table">
          ${tab === 'transactions' ? html`<${Transactions} id=${user.id} turn=${turn} />`
            : tab === 'tasks' ? html`<${Tasks} id=${user.id} />` : html`<${Sessions} id=${user.id} turn=${turn} />`}
        </div>
      <//>
    </section>`;
}
