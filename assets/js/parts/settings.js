// @ts-check
// How the pages look and speak; kept in this browser.
import { announce } from '/js/core/a11y.js';
import { LANGUAGES, language, setLanguage, t } from '/js/core/i18n.js';
import { reachable } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { THEMES, setTheme, theme } from '/js/core/theme.js';
import { html } from '/js/core/view.js';
import { Choice } from '/js/parts/choice.js';

/** Speaks another language from now on. @param {string} code */
export async function chooseLanguage(code) {
  try {
    await setLanguage(code);
    announce(LANGUAGES[code]);
  } catch {
    // The dictionary could not be fetched: the old language stays, and the banner says why.
    reachable.set(false);
  }
}

export function Settings() {
  return html`
    <div class="menu__group">
      <${Choice} label=${t('settings.theme')} value=${useStore(theme)} onChoose=${setTheme}
        options=${THEMES.map((value) => ({ value, label: t(`settings.theme.${value}`) }))} />
    </div>
    <div class="menu__group">
      <${Choice} label=${t('settings.language')} value=${useStore(language)} onChoose=${chooseLanguage}
        options=${Object.entries(LANGUAGES).map(([value, label]) => ({ value, label, lang: value }))} />
    </div>`;
}
