// @ts-check
// ReDoc over this server's own description, in Cellar's colours. Its logo picture is cut out of the vendored file, for it
// came from another server.
import { DESCRIPTION, drawBar, fail, stage } from '/docs/bar.js';

/** The value of a token as the page shows it: ReDoc computes with colours and cannot read variables.
 * @param {string} name */
function token(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

await drawBar('redoc');
const { Redoc } = /** @type {any} */ (globalThis);
const style = getComputedStyle(document.documentElement);
const font = style.getPropertyValue('--font').trim();
const mono = style.getPropertyValue('--mono').trim();
const theme = {
  colors: {
    primary: { main: token('wine') },
    success: { main: token('good') },
    error: { main: token('bad') },
    warning: { main: token('warn'), contrastText: token('ink') },
    text: { primary: token('ink'), secondary: token('ink-2') },
    border: { dark: token('line-strong'), light: token('line') },
    responses: {
      success: { color: token('good'), backgroundColor: token('good-soft') },
      error: { color: token('bad'), backgroundColor: token('bad-soft') },
      redirect: { color: token('info'), backgroundColor: token('info-soft') },
      info: { color: token('info'), backgroundColor: token('info-soft') },
    },
  },
  schema: {
    nestedBackground: token('sunken'), linesColor: token('line-strong'),
    typeNameColor: token('ink-2'), typeTitleColor: token('ink-2'),
  },
  typography: {
    fontFamily: font, fontSize: '14px', lineHeight: '1.55', smoothing: 'antialiased',
    headings: { fontFamily: font, fontWeight: '620' },
    code: { fontFamily: mono, fontSize: '12px', color: token('bad'), backgroundColor: token('sunken') },
    links: { color: token('wine') },
  },
  sidebar: { backgroundColor: token('ground'), textColor: token('ink'), activeTextColor: token('wine') },
  rightPanel: { backgroundColor: token('term'), textColor: token('term-ink') },
  codeBlock: { backgroundColor: token('term') },
};
if (!Redoc) fail();
else {
  Redoc.init(DESCRIPTION, {
    theme,
    hideDownloadButton: false,
    nativeScrollbars: true,
    scrollYOffset: '#bar',
    hideLoading: true,
  }, stage(), (/** @type {unknown} */ error) => { if (error) fail(); });
}
