// @ts-check
// The key that works everywhere: Ctrl-K or Cmd-K opens the palette, which is loaded when it is first asked for.
import { called, closeDialog, openDialog } from '/js/core/dialogs.js';
import { caller } from '/js/frame/session.js';

export function openPalette() {
  if (!caller.get()?.must_change_password) openDialog('palette');
}

export function listenForKeys() {
  addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (called.get()?.name === 'palette') closeDialog();
    // Over another dialog it would offer to leave what is not finished.
    else if (!document.querySelector('dialog[open]')) openPalette();
  });
}
