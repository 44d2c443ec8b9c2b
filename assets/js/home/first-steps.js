// @ts-check
// What to do first. Each step is crossed out when it is done, and the list is gone when all are.
import { t } from '/js/core/i18n.js';
import { recall, remember, useLoad } from '/js/core/state.js';
import { listTasks } from '/js/core/tasks.js';
import { html, useState } from '/js/core/view.js';
import { hasKey } from '/js/home/api.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';

const LOOKED_AT = 200;
const HIDDEN = 'first_steps_hidden';

/** @param {{ newest: string }} props the newest task, for with it a step may be done */
export function FirstSteps({ newest }) {
  const [hidden, setHidden] = useState(recall(HIDDEN) === 'yes');
  const { data: key } = useLoad(() => (hidden ? Promise.resolve(true) : hasKey()));
  const { data: tasks } = useLoad(() => (hidden ? Promise.resolve(null) : listTasks({ status: 'succeeded', limit: LOOKED_AT })), [newest]);
  if (hidden) return null;
  // Until it is known what is done the steps stand there without their marks, so that nothing jumps when they come. Who has
  // done them all is asked nothing any more.
  const isKnown = key !== null && tasks !== null;
  const ended = tasks?.items ?? [];
  const steps = [
    { name: 'one', done: ended.length > 0, href: '/models/wine' },
    { name: 'many', done: ended.some(({ n_rows }) => n_rows > 1), href: '/models/wine?tab=many' },
    { name: 'key', done: key === true, href: '/models/wine?tab=rest' },
  ];
  if (isKnown && steps.every(({ done }) => done)) {
    remember(HIDDEN, 'yes');
    return null;
  }
  const hide = () => {
    remember(HIDDEN, 'yes');
    setHidden(true);
  };
  return html`
    <section class="card" aria-labelledby="first-steps" aria-busy=${isKnown ? undefined : 'true'}>
      <div class="card__head">
        <h2 id="first-steps">${t('home.steps')}</h2>
        <${Button} kind="small bare" onClick=${hide}>${t('home.steps_hide')}<//>
      </div>
      <ol class="steps">
        ${steps.map(({ name, done, href }, place) => html`
          <li class=${done ? 'steps__one steps__one--done' : 'steps__one'} key=${name}>
            <span class="steps__mark num">${done ? html`<${Icon} name="check" /><span class="unseen">${t('home.step_done')}</span>` : isKnown ? place + 1 : ''}</span>
            <div>
              ${done ? html`<p class="steps__title">${t(`home.step_${name}`)}</p>` : html`<a class="steps__title link" href=${href}>${t(`home.step_${name}`)}</a>`}
              <p class="steps__text">${t(`home.step_${name}_text`)}</p>
            </div>
          </li>`)}
      </ol>
    </section>`;
}
