// @ts-check
// How a line of the audit log is shown, on its own page and in the overview.
import { credits } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { UserLink } from '/js/admin/names.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/admin/api.js').AuditLine} AuditLine */

/** What was said of a deed, with the words of whoever reads it; its forms are those of the server. @param {{ line: AuditLine }} props */
function Detail({ line: { action, detail } }) {
  const grant = /^(-?\d+) credits: (.*)$/s.exec(detail);
  if (grant) return html`${credits(Number(grant[1]))}: ${grant[2]}`;
  if (action === 'profile_change') return detail.split(' ').map((name) => tOr(`audit.field.${name}`, name)).join(', ');
  const [, id, role] = /^(?:([a-z]{3}_\w+))?(?:: )?(\w+)?$/.exec(detail) ?? [];
  if (!id && !role) return detail;
  return html`${role && tOr(`member.${role}`, tOr(`role.${role}`, role))}${role && id && ' · '}${id && html`<code>${id}</code>`}`;
}

/** The account that something was done to. Most deeds are to one's own, and saying so in each row would hide the others. @param {{ line: AuditLine }} props */
function Subject({ line }) {
  if (!line.user_id || line.user_id === line.actor_id) return null;
  return html`<span class="table__more"><span aria-hidden="true">→ </span><span class="unseen">${t('audit.subject')} </span><${UserLink} id=${line.user_id} name=${line.user} /></span>`;
}

/** @param {boolean} long with a column for the request @returns {import('/js/parts/table.js').Column<AuditLine>[]} */
export const auditColumns = (long) => [
  {
    key: 'action', label: t('audit.action'), wide: true, ch: 18,
    cell: (line) => html`<span class="table__main">${tOr(`action.${line.action}`, line.action)}</span>
      <${Subject} line=${line} />
      ${line.detail && html`<span class="table__more"><${Detail} line=${line} /></span>`}`,
  },
  { key: 'actor', label: t('audit.actor'), labelled: true, cell: (line) => html`<${UserLink} id=${line.actor_id} name=${line.actor} />` },
  ...(long ? [{ key: 'request', label: t('audit.request'), far: true, cell: (/** @type {AuditLine} */ line) => line.request_id && html`<code class="faint">${line.request_id}</code>` }] : []),
  { key: 'when', label: t('staff.when'), right: true, cell: (line) => html`<span class="quiet"><${Time} at=${line.at} /></span>` },
];
