// @ts-check
// One model, from four sides: one row, many rows, by REST, and its card.
import { useTitle } from '/js/core/a11y.js';
import { useFilters } from '/js/core/filters.js';
import { number } from '/js/core/format.js';
import { t, tOr } from '/js/core/i18n.js';
import { findModel, titleOf } from '/js/core/models.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html, useRef } from '/js/core/view.js';
import { Many } from '/js/ml_model/many.js';
import { ModelCard } from '/js/ml_model/card.js';
import { One } from '/js/ml_model/one.js';
import { Rest } from '/js/ml_model/rest.js';
import { AsSaid } from '/js/parts/as-said.js';
import { Button } from '/js/parts/button.js';
import { Blank, Failure } from '/js/parts/notice.js';
import { SkeletonBlock, SkeletonText } from '/js/parts/skeleton.js';
import { TabPanel, Tabs } from '/js/parts/tabs.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const RETRY_S = 2;
const SIDES = { one: One, many: Many, rest: Rest, card: ModelCard };

/** What the model does and how far it can be trusted, in two sentences. @param {Model} model */
function lede(model) {
  const evaluation = model.card?.evaluation;
  const summary = tOr(`summary.${model.id}`, model.card?.summary ?? '');
  if (!evaluation) return summary;
  const { n_rows, rmse } = evaluation.honest;
  return `${summary} ${t('model.trained_on', { n: n_rows, count: number(n_rows), points: number(rmse, { maximumFractionDigits: 2 }) })}`;
}

/** @param {{ params: Record<string, string> }} props */
export default function ModelScreen({ params }) {
  const { data: model, error, reload } = useLoad(() => findModel(params.id), [params.id]);
  const [{ tab }, set] = useFilters({ tab: 'one' }, { tab: Object.keys(SIDES) });
  const waits = model && (model.status === 'training' || (model.card?.data && !model.card.evaluation));
  useEvery(RETRY_S, () => { if (waits) reload(); });
  const title = titleOf(params.id, model?.card);
  useTitle(model && title);
  // What was seen stays, hidden: a file that was chosen and an answer that was paid for shall be there on the way back.
  const seen = useRef(/** @type {Set<string>} */ (new Set()));
  seen.current.add(tab);
  const tabs = Object.keys(SIDES).map((id) => ({ id, label: tOr(`model.tab_${id}.${params.id}`, t(`model.tab_${id}`)) }));
  if (error && !model) {
    return html`
      <div class="page">
        <div class="page__head"><div><p class="page__crumb"><a href="/models">${t('title.models')}</a></p><h1>${title}</h1></div></div>
        <div class="card">
          ${error.status === 404
            ? html`<${Blank} icon="model" title=${t('model.unknown')} text=${t('model.unknown_text')} action=${html`<${Button} href="/models">${t('title.models')}<//>`} />`
            : html`<${Failure} error=${error} retry=${reload} />`}
        </div>
      </div>`;
  }
  return html`
    <div class="page">
      <div class="page__head">
        <div>
          <p class="page__crumb"><a href="/models">${t('title.models')}</a></p>
          <h1>${title}</h1>
          <p>${model ? lede(model) : html`${tOr(`summary.${params.id}`, '')} <${SkeletonText} ch=${48} />`}</p>
        </div>
      </div>
      <${Tabs} name="side" label=${title} tabs=${tabs} chosen=${tab} onChoose=${(/** @type {string} */ id) => set({ tab: id }, { push: true })} />
      ${model?.status === 'ready'
        ? [...seen.current].map((id) => {
          const Side = SIDES[/** @type {keyof typeof SIDES} */ (id)];
          return html`<${TabPanel} key=${id} name="side" chosen=${id} hidden=${id !== tab}><${Side} model=${model} /><//>`;
        })
        : html`
          <${TabPanel} key=${tab} name="side" chosen=${tab}>
            <div class="card">
              ${!model ? html`<${SkeletonBlock} />`
                : html`<${Blank} icon=${model.status === 'training' ? 'refresh' : 'warn'} title=${t(`model.${model.status}`)} text=${t(`model.${model.status}_text`)} action=${model.trouble && html`<p class="blank__more"><${AsSaid} text=${model.trouble} /></p>`} />`}
            </div>
          <//>`}
    </div>`;
}
