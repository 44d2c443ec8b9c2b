// @ts-check
// Dialogs that any screen may call for by name; the contents page says which file draws each.
import { store } from '/js/core/state.js';

/** @typedef {{ name: string, props: Record<string, any> }} Call */

/** @type {import('/js/core/state.js').Store<Call | null>} */
export const called = store(/** @type {Call | null} */ (null));

/** Opens a dialog, such as `top_up`. @param {string} name @param {Record<string, any>} [props] */
export function openDialog(name, props = {}) {
  called.set({ name, props });
}

/** Takes away the dialog that is open. */
export function closeDialog() {
  called.set(null);
}
