// @ts-check
// Forms: what was typed, what is wrong with it, and sending it once.
import { useAction } from '/js/core/action.js';
import { useGuard } from '/js/core/guard.js';
import { t, tOr } from '/js/core/i18n.js';
import { useTyped } from '/js/core/typed.js';
import { useLayoutEffect, useRef, useState } from '/js/core/view.js';

/** @typedef {Record<string, string>} Values */
/** @typedef {import('/js/core/http.js').ApiError} ApiError */

/** A sentence out of a clause of the server. @param {string} clause */
function sentence(clause) {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/**
 * What to tell a person about one broken rule: what the dictionary says of it in this field, else of it anywhere, else the
 * words of the server.
 * @param {import('/js/core/http.js').Issue} issue
 */
export function explainIssue({ field, code, message }) {
  return tOr(`issue.${field}.${code}`, tOr(`issue.${code}`, sentence(message)));
}

/** What to tell a person about a failed request. @param {any} error */
export function explain(error) {
  if (error?.status === undefined) return t('error.page');
  if (error.status === 429 && error.retryAfter_s) return t('error.too_many_wait', { n: error.retryAfter_s });
  // "See errors" helps nobody who cannot see them; the first one stands for all.
  const [issue] = error.issues;
  if (issue) return explainIssue({ ...issue, message: `${issue.field} ${issue.message}` });
  return tOr(`error.${error.code}`, error.detail ? sentence(error.detail) : t('error.internal'));
}

/**
 * @param {{
 *   initial: Values,
 *   check: (values: Values) => Values,
 *   send: (values: Values) => Promise<void>,
 *   guarded?: boolean | ((values: Values) => boolean),
 * }} options `check` gives a message for each field that is wrong. A refusal that names no field of the form is shown
 *   above it. Leaving the form asks first if something was typed, unless nobody would miss it (`guarded` says no).
 */
export function useForm({ initial, check, send, guarded = true }) {
  const [start, setStart] = useState(initial);
  const dirty = (/** @type {Values} */ typed) => Object.keys(start).filter((name) => typed[name] !== start[name]);
  const [values, setValues] = useTyped(Object.keys(initial).join(), initial, (typed) => {
    // A password is typed anew by whoever knows it.
    const worth = dirty(typed).filter((name) => !name.includes('password'));
    return worth.length ? { ...start, ...Object.fromEntries(worth.map((name) => [name, typed[name]])) } : null;
  });
  const [errors, setErrors] = useState(/** @type {Values} */ ({}));
  const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  const mustFocus = useRef(false);
  const isDirty = dirty(values).length > 0;

  useLayoutEffect(() => {
    if (!mustFocus.current) return;
    mustFocus.current = false;
    /** @type {HTMLElement | null | undefined} */
    const first = element.current?.querySelector('[aria-invalid="true"], [role="alert"]');
    first?.focus();
  });

  /** @param {ApiError} error */
  function refuse(error) {
    /** @type {Values} */
    const found = {};
    for (const issue of error.issues ?? []) {
      if (issue.field in initial) found[issue.field] ??= explainIssue(issue);
    }
    setErrors(found);
    setProblem(Object.keys(found).length ? null : error);
    mustFocus.current = true;
  }

  /** What was sent last, and taken. */
  const taken = useRef(/** @type {Values | null} */ (null));
  const { run, busy, isUnderWay } = useAction(async () => {
    await send(values);
    taken.current = values;
  }, refuse);
  // What is being sent leads to another screen by itself.
  const isLost = () => isDirty && taken.current !== values && !isUnderWay.current && (typeof guarded === 'function' ? guarded(values) : guarded);
  useGuard(isLost);

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (isUnderWay.current) return;
    const found = check(values);
    setErrors(found);
    setProblem(null);
    mustFocus.current = Object.keys(found).length > 0;
    if (!mustFocus.current) run();
  }

  return {
    values,
    problem,
    busy,
    isDirty,
    /** What the dialog around the form needs to know. */
    dialog: { busy, isLost },
    /** Begins anew with these values: what was typed is kept elsewhere now. @param {Values} next */
    restart: (next) => {
      setStart(next);
      setValues(next);
      setErrors({});
      setProblem(null);
    },
    /** Changes values by other means than typing. @param {Values} changes */
    change: (changes) => setValues((old) => ({ ...old, ...changes })),
    form: { ref: element, onSubmit: submit, noValidate: true },
    /** What a field needs to know. @param {string} name */
    field: (name) => ({
      name,
      value: values[name],
      error: errors[name],
      onInput: (/** @type {string} */ value) => {
        setValues((old) => ({ ...old, [name]: value }));
        // A complaint about what is no longer there would be wrong.
        if (errors[name]) setErrors(({ [name]: _, ...rest }) => rest);
      },
    }),
  };
}
