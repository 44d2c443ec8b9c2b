// @ts-check
import { useAction } from '/js/core/action.js';
import { mayLeave } from '/js/core/guard.js';
import { t } from '/js/core/i18n.js';
import { reachable } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { createContext, html, useContext, useId, useLayoutEffect, useRef, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Field } from '/js/parts/field.js';
import { Icon } from '/js/parts/icon.js';
import { Problem } from '/js/parts/notice.js';

/** What closes the dialog that something is in, and what that is called. */
const Closing = createContext({ close: () => {}, word: 'cancel' });

/**
 * Something to finish before going on. The browser keeps the focus inside and gives it back afterwards; Escape and a
 * click beside it close it, unless it is `busy`: only what `goesOn` without it need not be waited for where the server does
 * not answer. What was typed into it (`isLost`) is not dropped without a question, and a click beside it then is a slip of
 * the hand and does nothing; what `isShownOnce` goes by its buttons alone.
 * @param {{ title: string, onClose: () => void, busy?: boolean, isLost?: () => boolean, goesOn?: boolean, isShownOnce?: boolean, kind?: 'wide' | 'sheet' | 'bare', text?: any, children?: any }} props
 */
export function Dialog({ title, onClose, busy = false, isLost = () => false, goesOn = false, isShownOnce = false, kind, text, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const isGone = useRef(false);
  const isUp = useStore(reachable);
  const isHeld = busy && (isUp || !goesOn);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    // The browser would begin with the first thing it finds, which is the button that closes.
    /** @type {HTMLElement | null | undefined} */
    const first = element.current?.querySelector('[autofocus], input, select, textarea') ?? element.current?.querySelector('.dialog__foot button');
    first?.focus();
    const dialog = element.current;
    return () => {
      isGone.current = true;
      // While it is open nothing beside it can have the focus.
      dialog?.close();
      // What opened it may have been drawn anew; then nothing more can be done.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const close = async () => {
    if (isHeld) return;
    const answer = mayLeave(isLost);
    if (answer === true || await answer) onClose();
  };
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isShownOnce) close();
  };
  // A browser closes a dialog by itself when Escape is pressed twice; what must stay is opened again.
  const closed = () => {
    if (isGone.current) return;
    if (isHeld || isShownOnce || isLost()) element.current?.showModal();
    else onClose();
  };
  const pressed = useRef(false);
  const typed = useRef(false);
  const beside = (/** @type {Event} */ event) => {
    const isTyped = typed.current && kind !== 'bare';
    if (pressed.current && event.target === element.current && !isTyped) cancel(event);
  };
  return html`
    <dialog class=${kind ? `dialog dialog--${kind}` : 'dialog'} ref=${element} aria-labelledby=${id} onCancel=${cancel} onClose=${closed}
      onInput=${() => { typed.current = true; }}
      onPointerDown=${(/** @type {Event} */ event) => { pressed.current = event.target === element.current; }}
      onClick=${beside}>
      <div class="dialog__box">
        <div class=${kind === 'bare' ? 'unseen' : 'dialog__head'}>
          <h2 class="dialog__title" id=${id}>${title}</h2>
          <button class="button button--bare button--icon dialog__close" type="button" aria-label=${t('dialog.close')}
            title=${t('dialog.close')} onClick=${close}><${Icon} name="close" /></button>
        </div>
        ${text && html`<p class="dialog__text">${text}</p>`}
        <${Closing.Provider} value=${{ close, word: busy && !isHeld ? 'dialog.close' : 'cancel' }}>${children}<//>
      </div>
    </dialog>`;
}

/** The buttons at the foot of a dialog; the one that acts stands last. @param {{ children?: any }} props */
export function DialogFoot({ children }) {
  return html`<div class="dialog__foot">${children}</div>`;
}

/** The button that leaves a dialog as it would be left by Escape. */
export function Cancel() {
  const { close, word } = useContext(Closing);
  return html`<${Button} onClick=${close}>${t(word)}<//>`;
}

/**
 * Asks before something is done that cannot be undone. With `typed` that word has to be typed first. A failure is said in
 * the dialog, which stays.
 * @param {{ title: string, text: any, action: string, typed?: string, harmless?: boolean, onConfirm: () => Promise<void> | void, onClose: () => void }} props
 */
export function Confirm({ title, text, action, typed, harmless = false, onConfirm, onClose }) {
  const [said, setSaid] = useState('');
  const [wrong, setWrong] = useState(false);
  const { run, busy, error: problem, isUnderWay } = useAction(onConfirm);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isUnderWay.current) return;
    if (typed && said.trim() !== typed) {
      setWrong(true);
      form.current?.querySelector('input')?.focus();
      return;
    }
    run();
  };
  return html`
    <${Dialog} title=${title} text=${text} onClose=${onClose} busy=${busy}>
      <form class="form" ref=${form} onSubmit=${submit} noValidate>
        ${problem && html`<${Problem} error=${problem} />`}
        ${typed && html`
          <${Field} label=${t('dialog.type', { word: typed })} name="typed" value=${said} autocomplete="off"
            error=${wrong && said.trim() !== typed ? t('dialog.type_wrong', { word: typed }) : undefined} onInput=${setSaid} />`}
        <${DialogFoot}>
          <${Cancel} />
          <${Button} kind=${harmless ? 'main' : 'bad'} type="submit" busy=${busy}>${action}<//>
        <//>
      </form>
    <//>`;
}
