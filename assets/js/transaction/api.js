// @ts-check
// Credits: adding them, and what became of them.
import { toQuery } from '/js/core/filters.js';
import { request } from '/js/core/http.js';

/**
 * @typedef {{ id: string, kind: string, amount: number, balance: number, description: string, actor_id: string | null,
 *   task_id: string | null, request_id: string | null, timestamp: string }} Transaction
 */

/** Adds credits to the caller's account; with the same key it is done once. @param {number} amount @param {string} key */
export function createTopUp(amount, key) {
  return request('POST', '/api/balance/top-ups', { amount }, { headers: { 'Idempotency-Key': key } });
}

/**
 * @param {{ limit?: number, cursor?: string | null, kind?: string, from?: string, to?: string, text?: string }} [query]
 * @returns {Promise<{ items: Transaction[], next_cursor: string | null }>}
 */
export function listTransactions(query = {}) {
  return request('GET', `/api/transactions${toQuery(query)}`);
}

/** Where the entries asked for are as a file. @param {{ kind?: string, from?: string, to?: string, text?: string }} query */
export function transactionsAddress(query) {
  return `/api/transactions.csv${toQuery(query)}`;
}
