// @ts-check
// What somebody was typing when their session ended by itself. It comes back to them when they sign in again, and to nobody
// else; it lies in the memory of this page alone.
import { useLayoutEffect, useRef, useState } from '/js/core/view.js';

/** Each says under which name what is to be kept, or nothing. @type {Set<() => [string, any] | null>} */
const typing = new Set();
let owner = '';
/** @type {Map<string, any>} */
let kept = new Map();

/** Keeps what is being typed at this moment. @param {string} user_id */
export function keepTyped(user_id) {
  owner = user_id;
  kept = new Map([...typing].flatMap((tell) => {
    const told = tell();
    return told ? [told] : [];
  }));
}

/** Forgets what somebody else typed. @param {string} user_id who is here now */
export function forgetTypedOfOthers(user_id) {
  if (user_id !== owner) kept.clear();
}

/**
 * A state that outlives the end of a session.
 * @template T
 * @param {string} name among those on the same screen
 * @param {T} initial
 * @param {(value: T) => T | null} [pick] what of it is to be kept, if anything
 * @returns {[T, (next: T | ((old: T) => T)) => void]}
 */
export function useTyped(name, initial, pick = (value) => value) {
  const id = useRef(`${location.pathname} ${name}`).current;
  const [value, setValue] = useState(() => (kept.has(id) ? kept.get(id) : initial));
  const latest = useRef({ value, pick });
  latest.current = { value, pick };
  // At once: what was typed into a form that is gone is not kept.
  useLayoutEffect(() => {
    // It has come back.
    kept.delete(id);
    const tell = () => {
      const picked = latest.current.pick(latest.current.value);
      return picked === null || picked === initial ? null : /** @type {[string, any]} */ ([id, picked]);
    };
    typing.add(tell);
    return () => { typing.delete(tell); };
  }, []);
  return [value, setValue];
}
