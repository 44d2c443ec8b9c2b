// @ts-check
// The same from a program: what to send, to which address, with a key that is made here.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { createKey } from '/js/ml_model/api.js';
import { Button } from '/js/parts/button.js';
import { Choice } from '/js/parts/choice.js';
import { Code } from '/js/parts/code.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem, say } from '/js/parts/notice.js';

/** @typedef {import('/js/core/models.js').Model} Model */

const NAME_MAX = 80;
/** As long as a key lasts that is made among the keys, unless another time is chosen. */
const KEY_LIFE_MS = 90 * 24 * 3600 * 1000;

/** @param {Model} model */
function rowOf(model) {
  return model.takes_any_numbers ? [1, 2.5, 40] : model.samples[0]?.row ?? model.inputs.map(({ example }) => example);
}

/** @param {Model} model @param {string} key @returns {Record<string, string>} */
function programs(model, key) {
  const address = `${location.origin}/api/tasks`;
  // A long row takes a second line: a window is not as wide as a row may be.
  const cells = rowOf(model).map(String);
  const half = cells.length > 6 ? Math.ceil(cells.length / 2) : cells.length;
  const row = (/** @type {number} */ indent) => `[${[cells.slice(0, half), cells.slice(half)].filter(({ length }) => length).map((part) => part.join(', ')).join(`,\n${' '.repeat(indent)}`)}]`;
  const first = model.outputs[0]?.name ?? 'score';
  return {
    curl: `curl ${address} \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"model": "${model.id}",\n       "data": [${row(17)}]}'`,
    python: `import requests\n\nanswer = requests.post(\n    "${address}",\n    headers={"Authorization": "Bearer ${key}"},\n    json={"model": "${model.id}",\n          "data": [${row(20)}]},\n)\nanswer.raise_for_status()\nfor prediction in answer.json()["output_data"]:\n    print(prediction["${first}"])`,
    javascript: `const answer = await fetch('${address}', {\n  method: 'POST',\n  headers: {\n    'Authorization': 'Bearer ${key}',\n    'Content-Type': 'application/json',\n  },\n  body: JSON.stringify({\n    model: '${model.id}',\n    data: [${row(12)}],\n  }),\n});\nconst { output_data, cost } = await answer.json();\nconsole.log(output_data[0].${first}, cost);`,
    file: `curl '${address}?model=${model.id}' \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: text/csv' \\\n  --data-binary @rows.csv`,
  };
}

/** @param {{ model: Model, onKey: (secret: string) => void }} props */
function NewKey({ model, onKey }) {
  const { form, field, problem, busy } = useForm({
    initial: { name: t('rest.key_name', { model: model.id }) },
    check({ name }) {
      const length = [...name.trim()].length;
      return length >= 1 && length <= NAME_MAX ? {} : { name: t('rest.key_name_wrong', { max: NAME_MAX }) };
    },
    async send({ name }) {
      const expires_at = new Date(Date.now() + KEY_LIFE_MS).toISOString();
      const made = await createKey({ name: name.trim(), scopes: ['read', 'predict'], expires_at });
      onKey(made.secret);
      say(t('rest.key_made'));
    },
  });
  return html`
    <section class="card" aria-labelledby="key">
      <div class="card__head"><h2 id="key">${t('rest.key')}</h2></div>
      <p class="card__text">${t('rest.key_text')}</p>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('rest.key_called')} autocomplete="off" ...${field('name')} />
        <div class="form__actions"><${Button} kind="main" type="submit" icon="key" busy=${busy}>${t('rest.key_make')}<//></div>
      </form>
    </section>`;
}

/** @param {{ model: Model }} props */
export function Rest({ model }) {
  const [secret, setSecret] = useState('');
  const [kind, setKind] = useState('curl');
  const shown = programs(model, secret || 'cel_…');
  const kinds = ['curl', 'python', 'javascript', 'file'];
  return html`
    <div class="page__two page__two--level">
      <section class="card" aria-labelledby="program">
        <div class="card__head"><h2 id="program">${t('rest.title')}</h2>
          <${Choice} label=${t('rest.language')} quiet value=${kind} onChoose=${setKind} options=${kinds.map((value) => ({ value, label: t(`rest.${value}`) }))} />
        </div>
        <p class="card__text">${t(kind === 'file' ? 'rest.text_file' : 'rest.text')}</p>
        <${Code} label=${t(`rest.${kind}`)} lines=${[{ command: shown[kind] }]} prompt=${kind === 'curl' || kind === 'file'} />
        <div class="form__actions card__after">
          <${Button} kind="small" href="/docs">${t('nav.try')}<//>
          <${Button} kind="small" href="/redoc">${t('nav.reference')}<//>
        </div>
      </section>
      ${secret ? html`
        <section class="card" aria-labelledby="key">
          <div class="card__head"><h2 id="key">${t('rest.key_yours')}</h2></div>
          <${Notice} kind="warn">${t('rest.key_once')}<//>
          <div class="card__after"><${Code} label=${t('rest.key_text_itself')} lines=${[{ command: secret }]} prompt=${false} /></div>
        </section>` : html`<${NewKey} model=${model} onKey=${setSecret} />`}
    </div>`;
}
