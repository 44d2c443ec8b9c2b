// @ts-check
// From a day to a day, both included.
import { fullDay } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { html, useEffect, useId, useState } from '/js/core/view.js';

/** A year that is being typed passes through those of the first three figures. */
const FIRST_DAY = '1000-01-01';

/** No year has more figures. */
const LAST_DAY = '9999-12-31';

/** A day as an address or a field says it; nothing if it is none. @param {string} text */
function known(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T12:00`)) ? text : '';
}

/** The moment at which a day begins here, some days later. @param {string} day such as `2026-11-21` @param {number} later */
function startOf(day, later) {
  const [year, month, date] = day.split('-').map(Number);
  const moment = new Date(year, month - 1, date + later);
  return Number.isNaN(moment.getTime()) ? '' : moment.toISOString();
}

/** The days as the API takes them: from a moment on, and before another. @param {{ from: string, to: string }} days */
export function spanOf({ from, to }) {
  return { from: known(from) && startOf(from, 0), to: known(to) && startOf(to, 1) };
}

/**
 * A browser writes the day of such a field in its own language; while nobody types in it, it is told in the reader's.
 * @param {{ label: string, name: string, value: string, onInput: (value: string) => void }} props
 */
function Day({ label, name, value, onInput }) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const take = (/** @type {string} */ day) => {
    setTyped(day);
    if (!day || (known(day) && day >= FIRST_DAY)) onInput(day);
  };
  return html`
    <div class="date-span__one">
      <label class="date-span__label" for=${id}>${label}</label>
      <div class="date-span__box num">
        <input class="field__input date-span__day" id=${id} type="date" name=${name} value=${typed} max=${LAST_DAY}
          onChange=${(/** @type {any} */ event) => take(event.target.value)} />
        <span class=${known(value) ? 'date-span__shown' : 'date-span__shown faint'} aria-hidden="true">${known(value) ? fullDay(`${value}T12:00`) : t('date_span.any')}</span>
      </div>
    </div>`;
}

/**
 * Two days to choose in a row of filters. A span that would end before it begins takes the other end along.
 * @param {{ from: string, to: string, onChange: (changes: { from?: string, to?: string }) => void }} props
 */
export function DateSpan({ from, to, onChange }) {
  return html`
    <div class="date-span">
      <${Day} label=${t('date_span.from')} name="from" value=${from}
        onInput=${(/** @type {string} */ value) => onChange(to && value > to ? { from: value, to: value } : { from: value })} />
      <${Day} label=${t('date_span.to')} name="to" value=${to}
        onInput=${(/** @type {string} */ value) => onChange(value && value < from ? { from: value, to: value } : { to: value })} />
    </div>`;
}
