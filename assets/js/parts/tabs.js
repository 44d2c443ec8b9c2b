// @ts-check
import { html, useEffect, useRef } from '/js/core/view.js';

/**
 * Sides of one thing, one of them shown. Arrow keys move between them, as readers of screens expect. The panel is drawn by
 * `TabPanel` with the same `name`.
 * @param {{ name: string, label: string, tabs: { id: string, label: string, count?: string }[], chosen: string, onChoose: (id: string) => void }} props
 */
export function Tabs({ name, label, tabs, chosen, onChoose }) {
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    // On a phone the strip is longer than the window.
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [chosen]);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = tabs[(steps[event.key] + tabs.length) % tabs.length];
    onChoose(next.id);
    /** @type {HTMLElement | null | undefined} */
    const tab = list.current?.querySelector(`#${name}-tab-${next.id}`);
    tab?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
      ${tabs.map(({ id, label: word, count }) => html`
        <button class="tabs__tab" key=${id} id=${`${name}-tab-${id}`} type="button" role="tab"
          aria-selected=${id === chosen ? 'true' : 'false'} aria-controls=${`${name}-panel-${id}`} tabindex=${id === chosen ? 0 : -1}
          onClick=${() => onChoose(id)}>${word}${count !== undefined && html` <span class="tabs__count num">${count}</span>`}</button>`)}
    </div>`;
}

/**
 * What a tab shows. A panel that was seen may be kept `hidden`, so that nothing typed in it is lost.
 * @param {{ name: string, chosen: string, hidden?: boolean, children?: any }} props
 */
export function TabPanel({ name, chosen, hidden = false, children }) {
  return html`<div role="tabpanel" id=${`${name}-panel-${chosen}`} aria-labelledby=${`${name}-tab-${chosen}`} hidden=${hidden}>${children}</div>`;
}
