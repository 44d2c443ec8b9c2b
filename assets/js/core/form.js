// @ts-check
// Forms: what was typed, what is wrong with it, and sending it once.
import { t, tOr } from '/js/core/i18n.js';
import { useLayoutEffect, useRef, useState } from '/js/core/view.js';

/** @typedef {Record<string, string>} Values */
/** @typedef {import('/js/core/http.js').ApiError} ApiError */

/** A sentence out of a clause of the server. @param {string} clause */
function sentence(clause) {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What to tell a person about a failed request. @param {any} error */
export function explain(error) {
  if (error?.status === undefined) return t('error.internal');
  if (error.status === 429 && error.retryAfter_s) return t('error.too_many_wait', { n: error.retryAfter_s });
  return tOr(`error.${error.code}`, error.detail ? sentence(error.detail) : t('error.internal'));
}

/**
 * @param {{
 *   initial: Values,
 *   check: (values: Values) => Values,
 *   send: (values: Values) => Promise<void>,
 * }} options `check` gives a message for each field that is wrong. A refusal that names no field of the form is shown
 *   above it.
 */
export function useForm({ initial, check, send }) {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState(/** @type {Values} */ ({}));
  const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
  const [busy, setBusy] = useState(false);
  const element = useRef(/** @type {HTMLFormElement | null} */ (null));
  // A state is too late for the second click of a double click, so a plain mark stops it.
  const sending = useRef(false);
  const mustFocus = useRef(false);

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
      if (issue.field in initial) found[issue.field] ??= tOr(`issue.${issue.code}`, sentence(issue.message));
    }
    setErrors(found);
    setProblem(Object.keys(found).length ? null : error);
    mustFocus.current = true;
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (sending.current) return;
    const found = check(values);
    setErrors(found);
    setProblem(null);
    if (Object.keys(found).length) {
      mustFocus.current = true;
      return;
    }
    sending.current = true;
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      refuse(error);
    } finally {
      sending.current = false;
      setBusy(false);
    }
  }

  return {
    values,
    problem,
    busy,
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
