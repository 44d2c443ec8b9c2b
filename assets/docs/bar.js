// @ts-check
// The slim head of the two description pages, in the reader's language and theme.
import { language, speak, t } from '/js/core/i18n.js';
import { isDark } from '/js/core/theme.js';
import { html, render } from '/js/core/view.js';

export const DESCRIPTION = '/openapi.json';

/** Draws the head and names the page. @param {'swagger' | 'redoc'} page @returns {Promise<boolean>} whether it is dark */
export async function drawBar(page) {
  const dark = isDark();
  document.documentElement.classList.toggle('dark-mode', dark);
  // A theme is picked when the reader draws itself, so a change of the system's draws it anew.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (isDark() !== dark) location.reload(); });
  await speak(language.get(), ['docs']);
  document.title = `${t(`docs.${page}`)} · Cellar`;
  const link = (/** @type {string} */ href, /** @type {'swagger' | 'redoc'} */ name) => html`
    <a href=${href} aria-current=${name === page ? 'page' : undefined}>${t(`docs.${name}`)}</a>`;
  const bar = /** @type {HTMLElement} */ (document.getElementById('bar'));
  render(html`
    <a class="docs-bar__brand" href="/" aria-label="Cellar">
      <svg aria-hidden="true"><use href="/icons.svg#logo" /></svg><span>Cellar</span>
    </a>
    ${link('/docs', 'swagger')} ${link('/redoc', 'redoc')}
    <a class="docs-bar__back" href="/" aria-label=${t('docs.back')}><span>${t('docs.back')}</span></a>`, bar);
  return dark;
}

/** The place for the vendored reader. */
export function stage() {
  return /** @type {HTMLElement} */ (document.getElementById('docs'));
}

/** Says that the description could not be read. */
export function fail() {
  const text = document.createElement('p');
  text.className = 'docs-failed';
  text.setAttribute('role', 'alert');
  text.textContent = t('docs.failed');
  stage().replaceChildren(text);
}
