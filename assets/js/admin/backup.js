// @ts-check
// A backup to take along, and when one was last taken here.
import { useAction } from '/js/core/action.js';
import { t } from '/js/core/i18n.js';
import { saveFile } from '/js/core/save-file.js';
import { useEvery, useLoad } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { createBackup, listAudit } from '/js/admin/api.js';
import { Button } from '/js/parts/button.js';
import { Facts } from '/js/parts/facts.js';
import { Failure, Problem } from '/js/parts/notice.js';
import { Time } from '/js/parts/time.js';

const RENEW_S = 10;

export function Backup() {
  const { data, error, reload } = useLoad(() => listAudit({ action: 'data_backup', limit: 1 }));
  useEvery(RENEW_S, reload);
  const { run, busy, error: problem } = useAction(async () => {
    saveFile(await createBackup());
    await reload();
  });
  const last = data?.items[0];
  return html`
    <section class="card">
      <div class="card__head">
        <h2>${t('backup.title')}</h2>
        <${Button} kind="small" icon="download" busy=${busy} onClick=${() => run()}>${t('backup.action')}<//>
      </div>
      <p class="card__text">${t('backup.text')}</p>
      ${error && !data ? html`<${Failure} error=${error} retry=${reload} />` : html`
        <${Facts} rows=${[{
          name: t('backup.last'), detail: last ? t('backup.by', { name: last.actor ?? '–' }) : t('backup.command'),
          value: data && (last ? html`<${Time} at=${last.at} />` : html`<span class="faint">${t('backup.never')}</span>`),
        }]} />`}
      ${problem && html`<div class="card__after"><${Problem} error=${problem} /></div>`}
    </section>`;
}
