// @ts-check
// Where the caller is signed in, and how to end it there.
import { t } from '/js/core/i18n.js';
import { useLoad } from '/js/core/state.js';
import { html, useState } from '/js/core/view.js';
import { deleteOtherSessions, deleteSession, listSessions } from '/js/access/api.js';
import { ActButton, Button } from '/js/parts/button.js';
import { Device } from '/js/parts/device.js';
import { Confirm } from '/js/parts/dialog.js';
import { Failure, Stale, say, sayProblem } from '/js/parts/notice.js';
import { Table } from '/js/parts/table.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/access/api.js').Session} Session */

/** @param {Session} session */
function place({ is_current, is_same_network }) {
  if (is_current) return t('sessions.here');
  return t(is_same_network === null ? 'sessions.unknown' : is_same_network ? 'sessions.same' : 'sessions.other');
}

/** @param {(session: Session) => Promise<void>} onEnd @returns {import('/js/parts/table.js').Column<Session>[]} */
const columns = (onEnd) => [
  {
    key: 'device', label: t('sessions.device'), ch: 20, wide: true,
    cell: (session) => html`<${Device} agent=${session.user_agent}
      more=${session.is_current && html`<span class="badge badge--good">${t('sessions.current')}</span>`} />`,
  },
  { key: 'place', label: t('sessions.place'), ch: 14, wide: true, cell: place },
  { key: 'seen', label: t('sessions.seen'), labelled: true, wide: true, cell: (session) => html`<${Time} at=${session.last_seen_at} />` },
  { key: 'since', label: t('sessions.since'), labelled: true, cell: (session) => html`<${Time} at=${session.created_at} />` },
  {
    key: 'end', label: t('sessions.deeds'), right: true, aside: true, ch: 6,
    cell: (session) => !session.is_current && html`
      <${ActButton} kind="small" act=${() => onEnd(session)}>${t('sessions.end')}<//>`,
  },
];

export default function Sessions() {
  const sessions = useLoad(listSessions);
  const [all, setAll] = useState(false);
  const { data, error, reload } = sessions;
  const end = async (/** @type {Session} */ { id }) => {
    try {
      await deleteSession(id);
      say(t('sessions.ended'));
    } catch (problem) {
      // Somebody may have ended it at the same time, which is what was wanted.
      if (problem.status !== 404) sayProblem(problem);
    }
    await reload();
  };
  const endOthers = async () => {
    await deleteOtherSessions();
    await reload();
    setAll(false);
    say(t('sessions.ended_others'));
  };
  const others = data?.items.filter(({ is_current }) => !is_current).length ?? 0;
  return html`
    <div class="page">
      <div class="page__head">
        <div><h1>${t('title.sessions')}</h1><p>${t('sessions.lede')}</p></div>
        <div class="page__actions"><${Button} icon="leave" off=${others === 0} onClick=${() => setAll(true)}>${t('sessions.end_others')}<//></div>
      </div>
      ${data && error && html`<${Stale} error=${error} retry=${reload} />`}
      <section class="card card--table" aria-label=${t('title.sessions')}>
        ${error && !data ? html`<${Failure} error=${error} retry=${reload} />`
          : html`<${Table} label=${t('title.sessions')} columns=${columns(end)} rows=${data?.items ?? null} n=${3} />`}
      </section>
      <p class="faint">${t('sessions.network_text')}</p>
      ${all && html`
        <${Confirm} title=${t('sessions.end_others')} text=${t('sessions.end_others_text', { n: others })} action=${t('sessions.end_others')}
          onConfirm=${endOthers} onClose=${() => setAll(false)} />`}
    </div>`;
}
