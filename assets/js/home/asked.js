// @ts-check
// Says that somebody asks the caller to work with them; the answer is given where the workspaces are.
import { number } from '/js/core/format.js';
import { t } from '/js/core/i18n.js';
import { useStore } from '/js/core/state.js';
import { html } from '/js/core/view.js';
import { invitations } from '/js/core/workspaces.js';
import { Button } from '/js/parts/button.js';
import { Icon } from '/js/parts/icon.js';

export function Asked() {
  const asked = useStore(invitations) ?? [];
  if (!asked.length) return null;
  const [first] = asked;
  const count = asked.length;
  return html`
    <section class="card" aria-label=${t('title.invitations')}>
      <div class="asked">
        <span class="asked__icon"><${Icon} name="mail" /></span>
        <div class="asked__words">
          <p class="asked__title">${count === 1 ? t('home.asked_one', { who: first.invited_by, name: first.workspace }) : t('home.asked_many', { n: count, count: number(count) })}</p>
        </div>
        <div class="asked__actions"><${Button} kind="small" href="/workspaces">${t('home.asked_look')}<//></div>
      </div>
    </section>`;
}
