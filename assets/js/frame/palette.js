// @ts-check
// Go anywhere by typing: Ctrl-K or Cmd-K. It knows what the side knows, the models, and a few things to do.
import { openDialog } from '/js/core/dialogs.js';
import { LANGUAGES, t } from '/js/core/i18n.js';
import { iconOf, listModels, titleOf } from '/js/core/models.js';
import { leaveFor } from '/js/core/router.js';
import { useLoad } from '/js/core/state.js';
import { THEMES, setTheme } from '/js/core/theme.js';
import { html, useEffect, useRef, useState } from '/js/core/view.js';
import { workspaces } from '/js/core/workspaces.js';
import { caller, signOut } from '/js/frame/session.js';
import { hasScreen, navigation } from '/js/frame/navigation.js';
import { Dialog } from '/js/parts/dialog.js';
import { Icon } from '/js/parts/icon.js';
import { chooseLanguage } from '/js/parts/settings.js';

/**
 * What an entry is `also` called can be typed, and does not show; its `own_name` stands behind the label, in its own language.
 * @typedef {{ id: string, label: string, group: string, icon: string, also?: string, own_name?: { text: string, lang: string }, act: () => void }} Entry
 */

/** @param {string} href */
function visit(href) {
  if (hasScreen(href)) leaveFor(href);
  else location.assign(href);
}

/** @param {import('/js/core/models.js').Model} model @returns {Entry} */
function entryOf({ id, card }) {
  const href = `/models/${encodeURIComponent(id)}`;
  return { id: href, label: titleOf(id, card), group: t('title.models'), icon: iconOf(id), also: id, act: () => visit(href) };
}

/** What only whoever is signed in can go to or do. @param {import('/js/core/models.js').Model[]} models @returns {Entry[]} */
const forUsers = (models) => [
  ...models.map(entryOf),
  { id: '/account/password', label: t('title.password'), group: t('nav.account'), icon: 'key', act: () => visit('/account/password') },
  { id: 'top_up', label: t('top_up.action'), group: t('palette.deeds'), icon: 'coin', act: () => openDialog('top_up') },
];

/** @param {import('/js/core/models.js').Model[]} models @returns {Entry[]} */
function entries(models) {
  const me = caller.get();
  const groups = navigation(me, workspaces.get(), Infinity);
  const places = groups.flatMap(({ label, href, links }) => [
    ...(href ? [{ href, label: String(label), icon: href === '/account' ? 'person' : 'case', isOwn: false }] : []),
    ...links,
  ].map((link) => ({
    id: link.href, label: link.isOwn ? link.label : t(link.label), group: t(label ?? 'nav.main'), icon: link.icon, act: () => visit(link.href),
  })));
  return [
    ...places,
    ...(me ? forUsers(models) : []),
    ...THEMES.map((name) => ({
      id: `theme-${name}`, label: `${t('settings.theme')}: ${t(`settings.theme.${name}`)}`, group: t('palette.deeds'), icon: 'sliders', act: () => setTheme(name),
    })),
    ...Object.entries(LANGUAGES).map(([code, name]) => ({
      id: `language-${code}`, label: `${t('settings.language')}:`, own_name: { text: name, lang: code }, group: t('palette.deeds'), icon: 'sliders', act: () => { chooseLanguage(code); },
    })),
    ...(me ? [{ id: 'sign_out', label: t('sign_out'), group: t('palette.deeds'), icon: 'leave', act: signOut }] : []),
  ];
}

/** Whether the words typed begin words of the entry, in any order. @param {Entry} entry @param {string} typed */
function fits(entry, typed) {
  const words = `${entry.label} ${entry.own_name?.text ?? ''} ${entry.group} ${entry.also ?? ''}`.toLowerCase().split(/[\s:]+/);
  return typed.toLowerCase().split(/[\s:]+/).every((part) => words.some((word) => word.includes(part)));
}

/** @param {{ onClose: () => void }} props */
export default function Palette({ onClose }) {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState('');
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const { data: models } = useLoad(() => (caller.get() ? listModels() : Promise.resolve([])));
  const found = entries(models ?? []).filter((entry) => fits(entry, typed.trim()));
  // The models come a moment later, and what is chosen stays so.
  const at = Math.max(0, found.findIndex(({ id }) => id === chosen));
  useEffect(() => { list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }); }, [at]);
  const isChosen = useRef(false);
  const run = (/** @type {Entry | undefined} */ entry) => {
    if (!entry || isChosen.current) return;
    isChosen.current = true;
    onClose();
    // The dialog gives the focus back first; what comes then may take it.
    setTimeout(entry.act);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && found.length) {
      event.preventDefault();
      setChosen(found[(at + step + found.length) % found.length].id);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      run(found[at]);
    }
  };
  return html`
    <${Dialog} kind="bare" title=${t('palette.title')} onClose=${onClose}>
      <div class="palette">
        <span class="palette__mark"><${Icon} name="search" /></span>
        <input class="palette__input" role="combobox" aria-label=${t('palette.title')} placeholder=${t('palette.placeholder')} autocomplete="off"
          spellcheck=${false} aria-expanded="true" aria-controls="palette-list" aria-activedescendant=${found[at] ? `palette-${found[at].id}` : undefined}
          aria-autocomplete="list" value=${typed} autofocus onKeyDown=${onKeyDown}
          onInput=${(/** @type {any} */ event) => { setTyped(event.target.value); setChosen(''); }} />
      </div>
      <ul class="palette__list" id="palette-list" role="listbox" aria-label=${t('palette.title')} ref=${list}>
        ${found.map((entry, place) => html`
          <li class="palette__entry" key=${entry.id} id=${`palette-${entry.id}`} role="option" aria-selected=${place === at ? 'true' : 'false'}
            onPointerMove=${() => setChosen(entry.id)} onClick=${() => run(entry)}>
            <${Icon} name=${entry.icon} /><span>${entry.label}${entry.own_name && html` <span lang=${entry.own_name.lang}>${entry.own_name.text}</span>`}</span>${entry.group !== entry.label && html`<span class="palette__group">${entry.group}</span>`}
          </li>`)}
        ${found.length === 0 && html`<li class="palette__none" role="option" aria-disabled="true" aria-selected="false">${t('palette.none')}</li>`}
      </ul>
    <//>`;
}
