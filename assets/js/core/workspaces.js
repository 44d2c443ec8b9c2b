// @ts-check
// The workspaces that the caller works in: listed at the side, and changed by screens that the side does not know.
import { request } from '/js/core/http.js';
import { store } from '/js/core/state.js';

/**
 * @typedef {{ id: string, name: string, slug: string, description: string, is_personal: boolean,
 *   role: 'owner' | 'editor' | 'viewer', n_members: number, created_at: string }} Workspace
 */

/** `null` until the server was asked. @type {import('/js/core/state.js').Store<Workspace[] | null>} */
export const workspaces = store(/** @type {Workspace[] | null} */ (null));

/** Asks anew. Whoever makes, renames, leaves or deletes one calls it. @returns {Promise<Workspace[]>} */
export async function renewWorkspaces() {
  const { items } = await request('GET', '/api/workspaces');
  workspaces.set(items);
  return items;
}
