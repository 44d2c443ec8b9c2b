// @ts-check
import { html, useEffect, useId, useRef, useState } from '/js/core/view.js';

/**
 * A button with a sheet. The sheet closes on Escape, on a click elsewhere, when the focus leaves, and when something
 * in it says so.
 * @param {{ button: (props: Record<string, any>) => any, label: string, children: (close: () => void) => any }} props
 */
export function Menu({ button, label, children }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const box = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(() => {
    if (!open) return undefined;
    const outside = (/** @type {Event} */ event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const close = () => {
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    close();
  };
  const onFocusOut = (/** @type {FocusEvent} */ event) => {
    // Without a new target the focus left the window or fell on nothing, and the sheet may stay.
    if (event.relatedTarget instanceof Node && !box.current?.contains(event.relatedTarget)) setOpen(false);
  };
  return html`
    <div class="menu" ref=${box} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      ${button({ type: 'button', 'aria-expanded': open ? 'true' : 'false', 'aria-controls': open ? id : undefined,
        onClick: () => setOpen(!open) })}
      ${open && html`<div class="menu__sheet" id=${id} role="group" aria-label=${label}>${children(close)}</div>`}
    </div>`;
}
