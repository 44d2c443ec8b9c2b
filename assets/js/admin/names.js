// @ts-check
// Accounts as they are named in lists.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';

/** What an account is called; one that is closed has no name any more, but its number. @param {string} username */
export function nameOf(username) {
  return username.startsWith('closed:') ? t('staff.closed_account') : username;
}

/** A link to an account. @param {{ id: string | null, name: string | null }} props */
export function UserLink({ id, name }) {
  if (!id) return html`<span class="faint">${t('staff.nobody')}</span>`;
  return html`<a class="link link--quiet" href=${`/admin/users/${id}`} title=${id}>${nameOf(name ?? id)}</a>`;
}
