// @ts-check
// What lies over the screen: a dialog that was called for, and the question before a form is left.
import { announce } from '/js/core/a11y.js';
import { called, closeDialog } from '/js/core/dialogs.js';
import { question } from '/js/core/guard.js';
import { language, needWords, t } from '/js/core/i18n.js';
import { place } from '/js/core/router.js';
import { whyMissing } from '/js/core/server.js';
import { lookAfter } from '/js/core/silence.js';
import { useStore } from '/js/core/state.js';
import { Fragment, html, useEffect, useLayoutEffect, useState } from '/js/core/view.js';
import { Boundary } from '/js/parts/boundary.js';
import { Confirm } from '/js/parts/dialog.js';
import { sayProblem } from '/js/parts/notice.js';
import { DIALOGS } from '/js/routes.js';

/** The dialog that a screen called for by name. */
function Called() {
  const call = useStore(called);
  const { path } = useStore(place);
  const [drawn, setDrawn] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!call) return;
    const { load, words = [] } = DIALOGS[call.name];
    const came = lookAfter(() => {});
    Promise.all([load(), needWords(words)]).then(
      ([module]) => setDrawn({ View: module.default, name: call.name }),
      async () => {
        closeDialog();
        const cause = await whyMissing();
        // The banner at the foot of the page already speaks for a server that does not answer.
        if (cause.status) sayProblem(cause);
      },
    ).finally(came);
  }, [call]);
  // Another screen is another matter. At once: what is called for right after, on the new screen, is to stay.
  useLayoutEffect(() => closeDialog, [path]);
  if (!call || drawn?.name !== call.name) return null;
  const fail = (/** @type {any} */ error) => {
    closeDialog();
    sayProblem(error);
  };
  return html`<${Boundary} onError=${fail}><${drawn.View} ...${call.props} onClose=${closeDialog} /><//>`;
}

export function Overlay() {
  useStore(language);
  const answer = useStore(question);
  useEffect(() => { if (answer) announce(t('leave.title')); }, [answer]);
  return html`
    <${Fragment}>
      <${Called} />
      ${answer && html`
        <${Confirm} title=${t('leave.title')} text=${t('leave.text')} action=${t('leave.action')}
          onConfirm=${() => answer(true)} onClose=${() => answer(false)} />`}
    <//>`;
}
