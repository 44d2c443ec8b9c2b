// @ts-check
// A span of time up to now, as a filter.
import { t } from '/js/core/i18n.js';
import { html } from '/js/core/view.js';
import { Select } from '/js/parts/select.js';

/** The spans that can be chosen; nothing is all time. */
export const DAYS = ['', '1', '7', '30', '90', '365'];

/** The first day of a span in the form of the API; empty for all time. Days begin at midnight UTC there. @param {string} days */
export function firstDay(days) {
  const n = Number(days);
  if (!n) return '';
  return new Date(Date.now() - (n - 1) * 24 * 3600 * 1000).toISOString().slice(0, 10);
}

/** @param {{ value: string, onChoose: (days: string) => void }} props */
export function Period({ value, onChoose }) {
  return html`
    <${Select} quiet label=${t('staff.period')} name="days" value=${value} onInput=${onChoose}
      options=${DAYS.map((days) => ({ value: days, label: days ? t('staff.days', { n: Number(days) }) : t('staff.always') }))} />`;
}
