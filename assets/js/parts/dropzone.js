// @ts-check
import { t } from '/js/core/i18n.js';
import { html, useId, useRef, useState } from '/js/core/view.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';

/**
 * A place for a file: to drop it, to choose it, or to paste its text.
 * @param {{ title: string, hint: any, accept: string, onFile: (file: File) => void, onText?: (text: string) => void, error?: string }} props
 */
export function Dropzone({ title, hint, accept, onFile, onText, error }) {
  const [over, setOver] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const id = useId();
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.some((type) => type === 'Files' || type === 'text/plain');
  const drag = (/** @type {DragEvent} */ event) => {
    if (!carries(event)) return;
    event.preventDefault();
    setOver(true);
  };
  const take = (/** @type {DataTransfer | null} */ data) => {
    const file = data?.files[0];
    const text = data?.getData('text/plain');
    if (file) onFile(file);
    else if (text && onText) onText(text);
  };
  return html`
    <div class=${over ? 'dropzone dropzone--over' : 'dropzone'} tabindex="0" role="group" aria-labelledby=${`${id}-title`}
      aria-describedby=${error ? `${id}-error ${id}-hint` : `${id}-hint`}
      onDragEnter=${drag} onDragOver=${drag}
      onDragLeave=${(/** @type {any} */ event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOver(false); }}
      onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(false); take(event.dataTransfer); }}
      onPaste=${(/** @type {ClipboardEvent} */ event) => { event.preventDefault(); take(event.clipboardData); }}>
      <${Icon} name="upload" />
      <p class="dropzone__title" id=${`${id}-title`}>${title}</p>
      <p class="dropzone__hint" id=${`${id}-hint`}>${hint}</p>
      <${Button} onClick=${() => input.current?.click()}>${t('dropzone.choose')}<//>
      <input class="unseen" type="file" accept=${accept} tabindex="-1" aria-hidden="true" ref=${input}
        onChange=${(/** @type {any} */ event) => {
          const file = event.target.files[0];
          // The same file may be chosen again after it was mended.
          event.target.value = '';
          if (file) onFile(file);
        }} />
      ${error && html`<p class="field__error" id=${`${id}-error`} role="alert"><${Icon} name="warn" />${error}</p>`}
    </div>`;
}
