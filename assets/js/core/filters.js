// @ts-check
// What a list shows, kept in the address: a link shows the same, and whoever comes Back finds it so.
import { place, setQuery, useScreenPlace } from '/js/core/router.js';

/**
 * The values of these names in the address, or the given ones where it says nothing, or something that is none of the
 * values that a name can have: addresses are typed, cut and kept for years.
 * @template {Record<string, string>} T
 * @param {T} defaults
 * @param {Partial<Record<keyof T, string[]>>} [known] the values that a name can have, besides the default
 * @returns {[T, (changes: Partial<T>, options?: { push?: boolean }) => void, (() => void) | null]} the values, how to change
 *   some, and how to have them all as they are by default, unless they are
 */
export function useFilters(defaults, known = {}) {
  const { path, query } = useScreenPlace();
  const values = /** @type {T} */ ({ ...defaults });
  for (const name of Object.keys(defaults)) {
    const said = query.get(name);
    if (said !== null && (known[name]?.includes(said) ?? true)) /** @type {any} */ (values)[name] = said;
  }
  /** @param {Partial<T>} changes @param {{ push?: boolean }} [options] */
  const change = (changes, options) => {
    // A screen that is being left has no say in the address of the next.
    if (place.get().path !== path) return;
    /** @type {Record<string, string | null>} */
    const said = {};
    // What is as it would be anyway makes the address no longer.
    for (const [name, value] of Object.entries(changes)) said[name] = value === defaults[name] ? null : (value ?? null);
    setQuery(said, options);
  };
  const isNarrowed = Object.keys(defaults).some((name) => values[name] !== defaults[name]);
  return [values, change, isNarrowed ? () => change(defaults) : null];
}

/** The values as a query of the API, without those that are empty. @param {Record<string, string | number | null | undefined>} values */
export function toQuery(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== '' && value !== null && value !== undefined) query.set(name, String(value));
  }
  return query.size ? `?${query}` : '';
}
