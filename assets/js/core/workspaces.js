// @ts-check
// The workspaces that the caller works in: listed at the side, and changed by screens that the side does not know.
import { request } from '/js/core/http.js';
import { store } from '/js/core/state.js';

/**
 * @typedef {{ id: string, name: string, slug: string, description: string, is_personal: boolean,
 *   role: 'owner' | 'editor' | 'viewer', n_members: number, created_at: string }} Workspace
 */
/**
 * @typedef {{ id: string, workspace_id: string, workspace: string, username: string | null, email: string | null,
 *   role: Workspace['role'], invited_by: string, created_at: string, expires_at: string }} Invitation
 */

/** `null` until the server was asked. @type {import('/js/core/state.js').Store<Workspace[] | null>} */
export const workspaces = store(/** @type {Workspace[] | null} */ (null));

/**
 * The invitations to workspaces that wait for the caller's answer; `null` until the server was asked.
 * @type {import('/js/core/state.js').Store<Invitation[] | null>}
 */
export const invitations = store(/** @type {Invitation[] | null} */ (null));

/** Which asking was the last. */
let turn = 0;

/** Asks anew for both. Whoever makes, changes, joins, leaves or deletes a workspace calls it. @returns {Promise<Workspace[]>} */
export async function renewWorkspaces() {
  const mine = ++turn;
  const [{ items }, asked] = await Promise.all([request('GET', '/api/workspaces'), request('GET', '/api/invitations')]);
  // What was asked before a change may come after what was asked behind it.
  if (mine === turn) {
    workspaces.set(items);
    invitations.set(asked.items);
  }
  return items;
}

/** Forgets both, for nobody is signed in any more. */
export function forgetWorkspaces() {
  turn += 1;
  workspaces.set(null);
  invitations.set(null);
}
