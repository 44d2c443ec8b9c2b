// @ts-check
// Workspaces and who works in them.
import { request } from '/js/core/http.js';

/** @typedef {import('/js/core/workspaces.js').Workspace} Workspace */
/** @typedef {Workspace['role']} Role */
/** @typedef {{ user_id: string, username: string, full_name: string | null, role: Role, joined_at: string }} Member */
/** @typedef {import('/js/core/workspaces.js').Invitation} Invitation */
/** @typedef {{ name?: string, slug?: string, description?: string }} Input */

/** @param {string} id */
const at = (id) => `/api/workspaces/${encodeURIComponent(id)}`;

/** Accepts an invitation with the secret of its link. @param {string} secret @returns {Promise<Workspace>} */
export function redeemInvitation(secret) {
  return request('POST', '/api/invitations/redeem', { secret });
}

/** @param {string} id @returns {Promise<Workspace>} */
export function findWorkspace(id) {
  return request('GET', at(id));
}

/** @param {Input} input @returns {Promise<Workspace>} */
export function createWorkspace(input) {
  return request('POST', '/api/workspaces', input);
}

/** @param {string} id @param {Input} input @returns {Promise<Workspace>} */
export function updateWorkspace(id, input) {
  return request('PATCH', at(id), input);
}

/** @param {string} id */
export function deleteWorkspace(id) {
  return request('DELETE', at(id));
}

/** @param {string} id */
export function leaveWorkspace(id) {
  return request('POST', `${at(id)}/leave`);
}

/** Makes another member the owner. @param {string} id @param {string} user_id @returns {Promise<Workspace>} */
export function handOverWorkspace(id, user_id) {
  return request('POST', `${at(id)}/hand-over`, { user_id });
}

/** @param {string} id @returns {Promise<Member[]>} */
export async function listMembers(id) {
  return (await request('GET', `${at(id)}/members`)).items;
}

/** @param {string} id @param {string} user_id @param {Role} role */
export function updateMember(id, user_id, role) {
  return request('PATCH', `${at(id)}/members/${encodeURIComponent(user_id)}`, { role });
}

/** @param {string} id @param {string} user_id */
export function deleteMember(id, user_id) {
  return request('DELETE', `${at(id)}/members/${encodeURIComponent(user_id)}`);
}

/** The invitations to a workspace that wait for an answer. @param {string} id @returns {Promise<Invitation[]>} */
export async function listInvitations(id) {
  return (await request('GET', `${at(id)}/invitations`)).items;
}

/**
 * Asks somebody by name or by address. The link is there for an address only, and this once.
 * @param {string} id @param {{ username?: string, email?: string, role: string }} question
 * @returns {Promise<Invitation & { link: string | null }>}
 */
export function createInvitation(id, question) {
  return request('POST', `${at(id)}/invitations`, question);
}

/** @param {string} id @param {string} invitation_id */
export function deleteInvitation(id, invitation_id) {
  return request('DELETE', `${at(id)}/invitations/${encodeURIComponent(invitation_id)}`);
}

/** @param {string} id @returns {Promise<Workspace>} */
export function acceptInvitation(id) {
  return request('POST', `/api/invitations/${encodeURIComponent(id)}/accept`);
}

/** @param {string} id */
export function declineInvitation(id) {
  return request('POST', `/api/invitations/${encodeURIComponent(id)}/decline`);
}
