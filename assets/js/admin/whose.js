// @ts-check
// Whose entries a list shows: everybody's, or one account's, found by typing a part of its name.
import { t } from '/js/core/i18n.js';
import { useLoad } from '/js/core/state.js';
import { html, useEffect, useState } from '/js/core/view.js';
import { findUser, listUsers } from '/js/admin/api.js';
import { nameOf } from '/js/admin/names.js';
import { Combobox } from '/js/parts/combobox.js';
import { Icon } from '/js/parts/icon.js';

const WAIT_MS = 200;
const OFFERED = 6;

/** @param {{ onChoose: (id: string) => void }} props */
function Find({ onChoose }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState(/** @type {import('/js/admin/api.js').UserRow[] | null} */ (null));
  useEffect(() => {
    if (!text.trim()) return setFound(null);
    let current = true;
    const timer = setTimeout(async () => {
      const page = await listUsers({ text: text.trim(), limit: OFFERED, sort: 'name' }).catch(() => ({ items: [] }));
      if (current) setFound(page.items);
    }, WAIT_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  return html`
    <${Combobox} quiet label=${t('staff.whose')} placeholder=${t('staff.everybody')} name="user" value=${text} onInput=${setText}
      empty=${found ? t('users.none_found') : undefined}
      options=${(found ?? []).map(({ id, username, full_name }) => ({ value: id, label: nameOf(username), more: username === nameOf(username) ? full_name ?? undefined : id }))}
      onChoose=${(/** @type {{ value: string }} */ { value }) => onChoose(value)} />`;
}

/** @param {{ id: string, onChoose: (id: string) => void }} props */
export function Whose({ id, onChoose }) {
  const user = useLoad(() => (id ? findUser(id) : Promise.resolve(null)), [id]);
  if (!id) return html`<${Find} onChoose=${onChoose} />`;
  const name = user.data?.id === id ? nameOf(user.data.username) : id;
  return html`
    <button class="chip chip--gone" type="button" aria-pressed="true" onClick=${() => onChoose('')}
      aria-label=${t('staff.whose_clear', { name })} title=${t('staff.whose_clear', { name })}>
      <${Icon} name="person" />${name}<${Icon} name="close" />
    </button>`;
}
