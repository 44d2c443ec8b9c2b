// @ts-check
// A backup to take along, and when one was last made.
import { useAction } from '/js/core/action.js';
import { t } from '/js/core/i18n.js';
import { saveFile } from '/js/core/save-file.js';
import { html } from '/js/core/view.js';
import { createBackup } from '/js/admin/api.js';
import { Button } from '/js/parts/button.js';
import { Facts } from '/js/parts/facts.js';
import { Failure, Problem } from '/js/parts/notice.js';
import { Time } from '/js/parts/time.js';

/** @param {{ source: import('/js/core/state.js').Loaded<import('/js/admin/api.js').System> }} props */
export function Backup({ source }) {
  const { data, error, reload } = source;
  const { run, busy, error: problem } = useAction(async () => {
    saveFile(await createBackup());
    await reload();
  });
  const last = data?.last_backup;
  const how = () => (last?.is_by_command ? t('backup.command') : t('backup.by', { name: last?.by ?? '–' }));
  return html`
    <section class="card">
      <div class="card__head">
        <h2>${t('backup.title')}</h2>
        <${Button} kind="small" icon="download" busy=${busy} onClick=${() => run()}>${t('backup.action')}<//>
      </div>
      <p class="card__text">${t('backup.text')}</p>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />` : html`
        <${Facts} rows=${[{
          // The line is held while it is not known who made the last.
          name: t('backup.last'), detail: last ? how() : !data && '\u00a0',
          value: data && (last ? html`<${Time} at=${last.at} />` : html`<span class="faint">${t('backup.never')}</span>`),
        }]} />`}
      ${problem && html`<div class="card__after"><${Problem} error=${problem} /></div>`}
    </section>`;
}
