// @ts-check
// What a browser or a program says of itself, in the few words that a person would use.

const BROWSERS = [['Edg/', 'Edge'], ['OPR/', 'Opera'], ['YaBrowser/', 'Yandex Browser'], ['SamsungBrowser/', 'Samsung Internet'], ['Firefox/', 'Firefox'],
  ['FxiOS/', 'Firefox'], ['CriOS/', 'Chrome'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']];
// Phones come first, for they name the system of larger machines too.
const SYSTEMS = [['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Android', 'Android'], ['CrOS', 'ChromeOS'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'],
  ['Linux', 'Linux']];

/** Systems of what is held in a hand. */
const HELD = ['iPhone', 'iPad', 'Android'];

/** @param {string} text @param {string[][]} signs */
function find(text, signs) {
  return signs.find(([sign]) => text.includes(sign))?.[1] ?? null;
}

/**
 * A browser with its system, or else the first word of a program ("curl 8.5"); all `null` where nothing was said.
 * @param {string | null} agent
 * @returns {{ browser: string | null, system: string | null, program: string | null, isHeld: boolean }}
 */
export function deviceOf(agent) {
  const text = agent ?? '';
  const browser = text.startsWith('Mozilla/') ? find(text, BROWSERS) : null;
  const system = find(text, SYSTEMS);
  if (browser) return { browser, system, program: null, isHeld: HELD.includes(system ?? '') };
  const program = text.split(/[\s(]/)[0].replace('/', ' ');
  return { browser: null, system: null, program: program || null, isHeld: false };
}
