// @ts-check
// What a workspace is called, to be said of a new one or changed of an old one.
import { useForm } from '/js/core/form.js';
import { t } from '/js/core/i18n.js';
import { html, useRef } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Cancel, Dialog, DialogFoot } from '/js/parts/dialog.js';
import { Field } from '/js/parts/field.js';
import { Problem } from '/js/parts/notice.js';

const NAME_MAX = 80;
const SLUG_MAX = 48;
const DESCRIPTION_MAX = 1_000;

/** Russian letters in those of addresses. @type {Record<string, string>} */
const LATIN = Object.fromEntries([...'абвгдеёзийклмнопрстуфхъыьэ'].map((letter, at) => [letter, [...'abvgdeezijklmnoprstufh', '', 'y', '', 'e'][at]])
  .concat([['ж', 'zh'], ['ц', 'ts'], ['ч', 'ch'], ['ш', 'sh'], ['щ', 'shch'], ['ю', 'yu'], ['я', 'ya']]));

/** A short name out of a name: small letters, digits, and dashes between them. @param {string} name */
export function slugOf(name) {
  const plain = name.toLowerCase().replace(/[а-яё]/g, (letter) => LATIN[letter] ?? '').normalize('NFD').replace(/\p{M}/gu, '');
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, SLUG_MAX).replace(/-+$/, '');
}

/** @param {Record<string, string>} values */
function check({ name, slug, description }) {
  const wrong = /** @type {Record<string, string>} */ ({});
  const length = [...name.trim()].length;
  if (length < 1 || length > NAME_MAX) wrong.name = t('team.name_rule', { max: NAME_MAX });
  if (slug !== slugOf(slug) || !slug) wrong.slug = t('team.slug_rule', { max: SLUG_MAX });
  if ([...description.trim()].length > DESCRIPTION_MAX) wrong.description = t('team.description_rule', { max: DESCRIPTION_MAX });
  return wrong;
}

/**
 * @param {{ title: string, action: string, workspace?: import('/js/core/workspaces.js').Workspace,
 *   onSend: (input: { name: string, slug: string, description: string }) => Promise<void>, onClose: () => void }} props
 */
export function WorkspaceForm({ title, action, workspace, onSend, onClose }) {
  const { form, field, values, change, problem, busy, dialog } = useForm({
    initial: { name: workspace?.name ?? '', slug: workspace?.slug ?? '', description: workspace?.description ?? '' },
    check,
    send: ({ name, slug, description }) => onSend({ name: name.trim(), slug, description: description.trim() }),
  });
  // The short name follows the name until somebody writes one; that of an old workspace stays, for links may have it.
  const follows = useRef(!workspace);
  const name = field('name');
  const slug = field('slug');
  const typeName = (/** @type {string} */ text) => {
    name.onInput(text);
    if (follows.current) change({ slug: slugOf(text) });
  };
  const typeSlug = (/** @type {string} */ text) => {
    follows.current = text === '' || text === slugOf(values.name);
    slug.onInput(text.toLowerCase());
  };
  return html`
    <${Dialog} title=${title} ...${dialog} onClose=${onClose}>
      <form class="form" ...${form}>
        ${problem && html`<${Problem} error=${problem} />`}
        <${Field} label=${t('team.name')} autocomplete="off" ...${name} onInput=${typeName} />
        <${Field} label=${t('team.slug')} autocomplete="off" hint=${t('team.slug_hint')} ...${slug} onInput=${typeSlug} />
        <${Field} label=${t('team.description_optional')} autocomplete="off" ...${field('description')} />
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind="main" type="submit" busy=${busy}>${action}<//>
        <//>
      </form>
    <//>`;
}
