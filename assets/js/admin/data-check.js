// @ts-check
// Checking all stored data: start, follow, stop, and what it found, line by line.
import { announce } from '/js/core/a11y.js';
import { useAction } from '/js/core/action.js';
import { number, size, took } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import * as jobs from '/js/core/jobs.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { createCheck } from '/js/admin/api.js';
import { AsSaid } from '/js/parts/as-said.js';
import { Badge } from '/js/parts/badge.js';
import { Button } from '/js/parts/button.js';
import { Facts } from '/js/parts/facts.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { Progress } from '/js/parts/progress.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';
import { Time } from '/js/parts/time.js';

/** @typedef {import('/js/core/jobs.js').Job} Job */
/** @typedef {NonNullable<NonNullable<Job['result']>['lines']>[number]} Line */

/** What needs a hand stands first. @param {Line} one @param {Line} other */
const brokenFirst = (one, other) => Number(one.status === 'ok') - Number(other.status === 'ok');

/** The promise that is looked at, of which the server says the code. @param {Job} job */
export function doing({ kind, status, message }) {
  return kind === 'check' && status === 'running' && message ? tOr(`check.line.${message}`, message) : null;
}

/** Says how a check ended. @param {Job} job */
function outcome(job) {
  const violated = job.result?.lines?.filter(({ status }) => status !== 'ok').length ?? 0;
  if (job.status === 'succeeded') return violated ? t('check.violated', { n: violated }) : t('check.all_ok');
  return t(`check.${job.status}`);
}

/**
 * A promise as a fact, in the words of the page where it is kept. What is wrong with a broken one is for whoever mends
 * it, and stays as the server says it.
 * @param {Line} line
 */
function fact({ code, name, detail, count, status }) {
  const n = count ?? 0;
  const looked = code === 'file_is_whole' ? size(n) : tOr(`check.looked.${code}`, detail, { n, count: number(n) });
  return {
    name: tOr(`check.line.${code}`, name),
    // A check by an older version said neither its code nor how much it looked at.
    detail: status === 'ok' && code ? looked : html`<${AsSaid} text=${detail} />`,
    value: html`<${Badge} status=${status} />`,
  };
}

/** @param {{ job: Job, fresh: boolean }} props A fresh result was waited for, so it lies open. */
function Result({ job, fresh }) {
  const lines = job.result?.lines ?? [];
  const good = job.status === 'succeeded' && lines.every(({ status }) => status === 'ok');
  // An old result with nothing to tell is folded away.
  const open = fresh || lines.some(({ status }) => status !== 'ok');
  const kind = good ? 'good' : job.status === 'cancelled' ? 'warn' : 'bad';
  return html`
    <${Notice} kind=${kind}>
      <b>${outcome(job)}</b>
      <small class="notice__more">
        ${job.error && html`<${AsSaid} text=${job.error} /> · `}
        <${Time} at=${job.finished_at ?? job.created_at} />
        ${job.started_at && job.finished_at && html` · ${t('check.took', { time: took(job.started_at, job.finished_at) })}`}
      </small>
    <//>
    ${lines.length > 0 && html`
      <details class="fold" open=${open}>
        <summary class="fold__title">${t('check.lines', { n: lines.length })}</summary>
        <${Facts} rows=${[...lines].sort(brokenFirst).map(fact)} />
      </details>`}`;
}

/** @param {{ recent: import('/js/core/state.js').Loaded<{ items: Job[] }>, onChange: () => void }} props */
export function DataCheck({ recent, onChange }) {
  const [followed, setFollowed] = useState(/** @type {Job | null} */ (null));
  const listed = recent.data?.items.find(({ kind }) => kind === 'check') ?? null;
  // The stream is ahead of the list for the job that it tells of; for another job the list is newer.
  const job = followed && (!listed || followed.id === listed.id || jobs.isOpen(followed)) ? followed : listed;
  const open = job !== null && jobs.isOpen(job);

  useEffect(() => {
    if (!open) return undefined;
    let seen = job.status;
    return jobs.watch(job.id, (next) => {
      setFollowed(next);
      // The list beside this card shows the same job and shall not say otherwise.
      if (next.status !== seen) onChange();
      seen = next.status;
      if (!jobs.isOpen(next)) announce(outcome(next));
    });
  }, [open, job?.id]);

  const { run: ask, busy: asking, error: problem } = useAction(async (/** @type {() => Promise<Job>} */ act) => {
    setFollowed(await act());
    onChange();
  });

  return html`
    <section class="card">
      <div class="card__head">
        <h2>${t('check.title')}</h2>
        ${open
          ? html`<${Button} key="cancel" busy=${asking} onClick=${() => ask(() => jobs.cancel(job.id))}>${t('check.cancel')}<//>`
          : html`<${Button} key="start" kind="main" busy=${asking} onClick=${() => ask(createCheck)}>${t('check.start')}<//>`}
      </div>
      <p class="card__text">${t('check.text')}</p>
      ${problem && html`<${Problem} error=${problem} />`}
      ${open && html`
        <${Progress} share=${job.progress} label=${t('check.title')}
          message=${doing(job) ?? tOr(`status.${job.status}`, job.status)} />`}
      ${job && !open && html`<${Result} key=${job.id} job=${job} fresh=${job === followed} />`}
      ${!job && recent.busy && !recent.data && html`<${SkeletonBlock} />`}
      ${!job && recent.data && html`<${Notice}>${t('check.never')}<//>`}
    </section>`;
}
