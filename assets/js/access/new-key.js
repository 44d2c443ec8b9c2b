// @ts-check
// Making a key for a program: what it is for, what it may do, until when; then the key itself, once.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useState } from '/js/core/view.js';
import { createApiKey } from '/js/access/api.js';
import { Button } from '/js/parts/button.js';
import { Checks } from '/js/parts/check.js';
import { Code } from '/js/parts/code.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Notice, Problem } from '/js/parts/notice.js';
import { Secret } from '/js/parts/secret.js';
import { Select } from '/js/parts/select.js';

const NAME_MAX = 80;
const SCOPES = ['read', 'predict', 'write'];
const LIVES_DAYS = ['30', '90', '365', ''];
const DAY_MS = 24 * 3600 * 1000;

/** A first call that this key may make. @param {import('/js/access/api.js').ApiKey & { secret: string }} key */
function example({ secret, scopes }) {
  const head = `curl ${location.origin}`;
  const bearer = `-H 'Authorization: Bearer ${secret}'`;
  const json = "-H 'Content-Type: application/json'";
  if (scopes.includes('predict')) {
    return `${head}/api/tasks \\\n  ${bearer} \\\n  ${json} \\\n  -d '{"model": "simple", "data": [[1, 2, 3]]}'`;
  }
  if (scopes.includes('read')) return `${head}/api/balance \\\n  ${bearer}`;
  return `${head}/api/workspaces \\\n  ${bearer} \\\n  ${json} \\\n  -d '{"name": "Harvest", "slug": "harvest"}'`;
}

/** @param {{ made: import('/js/access/api.js').ApiKey & { secret: string }, onClose: () => void }} props */
function Made({ made, onClose }) {
  return html`
    <${Dialog} kind="wide" isShownOnce title=${t('keys.made', { name: made.name })} onClose=${onClose}>
      <${Notice} kind="warn">${t('keys.once')}<//>
      <${Secret} label=${t('keys.secret')} value=${made.secret} />
      <div class="field">
        <p class="field__label">${t('keys.example')}</p>
        <${Code} label=${t('keys.example')} lines=${[{ command: example(made) }]} />
      </div>
      <${DialogFoot}><${Button} kind="main" onClick=${onClose}>${t('keys.kept')}<//><//>
    <//>`;
}

/** @param {{ onClose: () => void, onDone?: () => void }} props */
export default function NewKey({ onClose, onDone }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  const { form, field, values, change, problem, busy, dialog } = useForm({
    initial: { name: '', scopes: 'read predict', life: '90' },
    check: ({ name, scopes }) => ({
      ...(name.trim() ? {} : { name: t('keys.name_missing') }),
      ...([...name.trim()].length <= NAME_MAX ? {} : { name: t('keys.name_long', { max: NAME_MAX }) }),
      ...(scopes ? {} : { scopes: t('keys.scopes_missing') }),
    }),
    async send({ name, scopes, life }) {
      const expires_at = life ? new Date(Date.now() + Number(life) * DAY_MS).toISOString() : null;
      setMade(await createApiKey({ name: name.trim(), scopes: scopes.split(' '), expires_at }));
      onDone?.();
    },
  });
  if (made) return html`<${Made} key="made" made=${made} onClose=${onClose} />`;
  return html`
    <${Dialog} key="new" title=${t('keys.new')} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('keys.name')} autocomplete="off" hint=${t('keys.name_hint')} ...${field('name')} />
        <${Checks} label=${t('keys.scopes')} name="scopes" chosen=${values.scopes.split(' ')} error=${field('scopes').error}
          options=${SCOPES.map((value) => ({ value, label: t(`scope.${value}`), hint: t(`scope.${value}_text`) }))}
          onChoose=${(/** @type {string[]} */ chosen) => field('scopes').onInput(chosen.join(' '))} />
        <${Select} label=${t('keys.life')} name="life" value=${values.life} onInput=${(/** @type {string} */ life) => change({ life })}
          options=${LIVES_DAYS.map((value) => ({ value, label: value ? t('keys.days', { n: Number(value) }) : t('keys.forever') }))} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${t('keys.make')}<//>
        <//>
      </form>
    <//>`;
}
