// @ts-check
import { explain } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { reachable } from '/js/core/silence.js';
import { store, useStore } from '/js/core/state.js';
import { html, useEffect } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';

const SHOW_MS = 5000;

/** @type {import('/js/core/state.js').Store<{ text: string, kind: 'good' | 'bad' } | null>} */
const toast = store(/** @type {any} */ (null));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Says what happened, to eyes and ears: the place where it shows is read out.
 * @param {string} text @param {'good' | 'bad'} [kind]
 */
export function say(text, kind = 'good') {
  toast.set({ text, kind });
  clearTimeout(timer);
  timer = setTimeout(() => toast.set(null), SHOW_MS);
}

/** Says why something that was asked for with a single button did not happen. @param {any} error */
export function sayProblem(error) {
  say(explain(error), 'bad');
}

/** The place where `say` shows. */
export function Toast() {
  const shown = useStore(toast);
  return shown && html`
    <div class=${`notice notice--float notice--${shown.kind}-float`}>
      <${Icon} name=${shown.kind === 'good' ? 'check' : 'warn'} /><span>${shown.text}</span>
    </div>`;
}

/** @param {{ kind?: 'bad' | 'warn' | 'good' | 'info', children?: any }} props */
export function Notice({ kind = 'info', children }) {
  const icon = { bad: 'warn', warn: 'warn', good: 'check', info: 'pulse' }[kind];
  return html`<div class=${`notice notice--${kind}`}><${Icon} name=${icon} /><div>${children}</div></div>`;
}

/** What went wrong with a form as a whole; the form moves the focus here. @param {{ error: any }} props */
export function Problem({ error }) {
  return html`
    <div class="notice notice--bad" role="alert" tabindex="-1">
      <${Icon} name="warn" />
      <div>
        ${explain(error)}
        ${error.requestId && html`<small class="notice__more">${t('error.request', { id: error.requestId })}</small>`}
      </div>
    </div>`;
}

/** Tries again by itself when the server is back. @param {any} error @param {() => void} retry */
export function useRetryWhenBack(error, retry) {
  const up = useStore(reachable);
  useEffect(() => {
    if (up && error?.status === 0) retry();
  }, [up]);
}

/** Stands where data should be that could not be loaded. @param {{ error: any, retry: () => void }} props */
export function Failure({ error, retry }) {
  useRetryWhenBack(error, retry);
  return html`
    <div class="blank" role="alert">
      <${Icon} name=${error.status === 0 ? 'offline' : 'warn'} />
      <p class="blank__title">${t(error.status === 0 ? 'failure.offline' : 'failure.title')}</p>
      <p>${explain(error)}</p>
      ${error.requestId && html`<p class="blank__more">${t('error.request', { id: error.requestId })}</p>`}
      <${Button} kind="small" onClick=${retry}>${t('failure.retry')}<//>
    </div>`;
}

/** Stands above data that is there but could not be renewed. @param {{ error: any, retry: () => void }} props */
export function Stale({ error, retry }) {
  useRetryWhenBack(error, retry);
  // The banner at the foot of the page already speaks for a server that does not answer.
  if (error.status === 0) return null;
  return html`
    <${Notice} kind="warn">
      ${t('failure.stale')} ${explain(error)}
      ${' '}<button class="link link--button" type="button" onClick=${retry}>${t('failure.retry')}</button>
      ${error.requestId && html`<small class="notice__more">${t('error.request', { id: error.requestId })}</small>`}
    <//>`;
}

/** Nothing is here yet, and what would bring something. @param {{ icon: string, title: string, text: string, action?: any }} props */
export function Blank({ icon, title, text, action }) {
  return html`<div class="blank"><${Icon} name=${icon} /><p class="blank__title">${title}</p><p>${text}</p>${action}</div>`;
}
