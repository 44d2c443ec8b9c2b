// @ts-check
// What can be asked for predictions: models have screens of their own, and home, history and others name them.
import { request } from '/js/core/http.js';
import { tOr } from '/js/core/i18n.js';

/** @typedef {{ min: number, max: number }} Range */
/** @typedef {{ name: string, unit: string | null, allowed: Range, trained: Range, description: string, example: number }} Column */
/** @typedef {{ name: string, kind: string, classes: number[], description: string }} Output */
/**
 * @typedef {{ n_rows: number, rmse: number, mae: number, r_squared: number, accuracy: number, coverage: number,
 *   interval_width: number }} Scores
 */
/**
 * @typedef {{ honest: Scores, naive: Scores, fixed_split: Scores, parts: { part: string, share: number, rmse: number }[],
 *   calibration: { n_rows: number, expected: number, observed: number }[], confusion: number[][], errors: number[] }} Evaluation
 */
/** @typedef {{ title: string, summary: string, description: string, data: string | null, evaluation: Evaluation | null }} Card */
/**
 * @typedef {{ id: string, status: 'ready' | 'training' | 'failed', trouble: string | null, version: string | null,
 *   price_per_row: number, inputs: Column[], takes_any_numbers: boolean, outputs: Output[], card: Card,
 *   samples: { name: string, title: string, row: number[] }[] }} Model
 */

/** @returns {Promise<Model[]>} */
export async function listModels() {
  return (await request('GET', '/api/models')).items;
}

/** @param {string} id @returns {Promise<Model>} */
export function findModel(id) {
  return request('GET', `/api/models/${encodeURIComponent(id)}`);
}

/** The picture beside a model's name. @param {string} id */
export function iconOf(id) {
  return id === 'wine' ? 'glass' : 'model';
}

/** What people call a model: in the reader's language where the house knows it. @param {string} id @param {Card | null} [card] */
export function titleOf(id, card) {
  return tOr(`model.${id}`, card?.title ?? id);
}
