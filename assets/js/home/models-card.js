// @ts-check
// The models there are, to go to with one click.
import { credits } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { iconOf, listModels, titleOf } from '/js/core/models.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { Badge } from '/js/parts/badge.js';
import { Failure } from '/js/parts/notice.js';
import { Icon } from '/js/parts/icon.js';
import { Skeleton, SkeletonText } from '/js/parts/skeleton.js';

const RETRY_S = 3;

/** A model on its way, with so many letters about it. @param {number} ch */
const coming = (ch) => html`
  <li class="entries__one" key=${ch}>
    <span class="entries__icon"></span>
    <div class="entries__words"><p><${Skeleton} ch=${14} /></p><p class="entries__text"><${SkeletonText} ch=${ch} /></p></div>
  </li>`;

export function ModelsCard() {
  const { data, error, reload } = useLoad(listModels);
  // A model in training is ready in a moment.
  useEvery(RETRY_S, () => { if (data?.some(({ status }) => status === 'training')) reload(); });
  return html`
    <section class="card" aria-labelledby="models">
      <div class="card__head"><h2 id="models">${t('home.models')}</h2></div>
      ${data ? html`
        <ul class="entries">
          ${[...data].sort((a, b) => b.inputs.length - a.inputs.length).map((model) => html`
            <li class="entries__one" key=${model.id}>
              <span class="entries__icon"><${Icon} name=${iconOf(model.id)} /></span>
              <div class="entries__words">
                <a class="entries__link" href=${`/models/${model.id}`}>${titleOf(model.id, model.card)}</a>
                <p class="entries__text">${tOr(`summary.${model.id}`, model.card?.summary ?? '')}</p>
              </div>
              ${model.status === 'ready'
                ? html`<span class="entries__aside num">${model.price_per_row ? t('home.price', { credits: credits(model.price_per_row) }) : t('home.free')}</span>`
                : html`<${Badge} status=${model.status} />`}
            </li>`)}
        </ul>`
        : error ? html`<${Failure} error=${error} retry=${reload} />` : html`<ul class="entries">${[88, 64].map(coming)}</ul>`}
    </section>`;
}
