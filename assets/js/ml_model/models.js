// @ts-check
// Every model there is.
import { credits, number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { iconOf, listModels, titleOf } from '/js/core/models.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { AsSaid } from '/js/parts/as-said.js';
import { Badge } from '/js/parts/badge.js';
import { Facts } from '/js/parts/facts.js';
import { Icon } from '/js/parts/icon.js';
import { Blank, Failure, Stale } from '/js/parts/notice.js';
import { SkeletonBlock } from '/js/parts/skeleton.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const RETRY_S = 3;

/** @param {Model} model */
function facts(model) {
  const honest = model.card?.evaluation?.honest;
  return [
    { name: t('model.price'), value: model.price_per_row ? t('model.price_value', { credits: credits(model.price_per_row) }) : t('model.free') },
    { name: t('model.inputs'), value: model.takes_any_numbers ? t('model.any_numbers') : t('model.n_inputs', { n: model.inputs.length }) },
    ...(honest ? [{ name: t('model.error'), value: t('model.error_value', { points: number(honest.rmse, { maximumFractionDigits: 2 }) }) }] : []),
  ];
}

/** @param {{ model: Model }} props */
function Entry({ model }) {
  return html`
    <li class="card tile">
      <div class="tile__head">
        <span class="entries__icon"><${Icon} name=${iconOf(model.id)} /></span>
        <${Badge} status=${model.status} />
      </div>
      <div>
        <h2><a class="tile__link" href=${`/models/${model.id}`}>${titleOf(model.id, model.card)}</a></h2>
        <p class="tile__text">${tOr(`summary.${model.id}`, model.card?.summary ?? '') || t('model.waits')}</p>
      </div>
      ${model.status === 'ready' && html`<${Facts} rows=${facts(model)} />`}
      ${model.trouble && html`<p class="tile__text"><${AsSaid} text=${model.trouble} /></p>`}
    </li>`;
}

export default function Models() {
  const { data, error, reload } = useLoad(listModels);
  useEvery(RETRY_S, () => { if (data?.some(({ status }) => status === 'training')) reload(); });
  return html`
    <div class="page">
      <div class="page__head"><div><h1>${t('title.models')}</h1><p>${t('models.lede')}</p></div></div>
      ${data && error && html`<${Stale} error=${error} retry=${reload} />`}
      ${error && !data ? html`<div class="card"><${Failure} error=${error} retry=${reload} /></div>`
        : data?.length === 0 ? html`<div class="card"><${Blank} icon="model" title=${t('models.none')} text=${t('models.none_text')} /></div>`
        : html`
          <ul class="tiles" aria-busy=${data ? undefined : 'true'}>
            ${data
              ? [...data].sort((a, b) => b.inputs.length - a.inputs.length).map((model) => html`<${Entry} key=${model.id} model=${model} />`)
              : [0, 1].map((place) => html`<li class="card tile" key=${place}><${SkeletonBlock} /></li>`)}
          </ul>`}
    </div>`;
}
