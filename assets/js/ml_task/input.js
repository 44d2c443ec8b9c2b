// @ts-check
// What was sent, as it was sent: the table to look at, and the file to keep.
import { t } from '/js/core/i18n.js';
import { usePages } from '/js/core/pages.js';
import { isOpen } from '/js/core/tasks.js';
import { html } from '/js/core/view.js';
import { inputAddress, listRows } from '/js/ml_task/api.js';
import { faultText } from '/js/ml_task/faults.js';
import { Button } from '/js/parts/button.js';
import { columnTitle } from '/js/parts/measurements.js';
import { Failure } from '/js/parts/notice.js';
import { Sheet } from '/js/parts/sheet.js';
import { Pager } from '/js/parts/table.js';

const LIMIT = 10;

/** @param {{ task: import('/js/core/tasks.js').Task }} props */
function Cells({ task }) {
  const pages = usePages(async (cursor) => {
    const page = await listRows(task.id, { limit: LIMIT, cursor });
    return { ...page, items: page.items.map((row) => ({ ...row, names: page.columns })) };
  }, [task.id, task.status]);
  const { items, error, reload } = pages;
  const columns = items?.[0]?.names ?? [];
  if (error && !items) return html`<${Failure} error=${error} retry=${reload} />`;
  return html`
    <${Sheet} label=${t('input.title')} columns=${columns.map(columnTitle)} rows=${items && items.map((row) => ({
      number: row.row,
      cells: row.cells,
      faults: new Map(row.errors.map((fault) => [columns.indexOf(fault.field), faultText(fault)])),
    }))} />
    <${Pager} pages=${pages} />`;
}

/** @param {{ task: import('/js/core/tasks.js').Task }} props */
export function Input({ task }) {
  return html`
    <section class="card card--table">
      <div class="card__head">
        <h2>${t('input.title')}</h2>
        <${Button} kind="small" icon="download" href=${inputAddress(task.id)} download>${t('input.download')}<//>
      </div>
      ${isOpen(task) ? html`<p class="card__text card__text--inset">${t('input.later')}</p>`
        : task.n_predicted + task.n_rejected === 0 ? html`<p class="card__text card__text--inset">${t('input.file_only')}</p>`
        : html`<${Cells} task=${task} />`}
    </section>`;
}
