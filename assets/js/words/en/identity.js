// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'password.rule': '{min} to {max} characters. A few unrelated words are easier to keep than signs.',
  'password.too_short': { one: 'Use at least {n} character.', other: 'Use at least {n} characters.' },
  'password.too_long': { one: 'Use at most {n} character.', other: 'Use at most {n} characters.' },

  'issue.username.taken': 'Somebody has this name already, or one that looks like it.',
  'issue.username.invalid': '3 to 32 letters, digits, dots, dashes and underscores, with a letter or a digit at each end.',
  'issue.username.mixed_scripts': 'Keep to the letters of one alphabet.',
  'issue.email.taken': 'This address has an account already.',
  'issue.email.invalid': 'Enter an address such as ada@example.org.',
  'issue.email.look_alike': 'This has letters of another alphabet that look like plain ones. Write it in plain letters.',
  'issue.full_name.invalid': 'At most 120 characters, on one line.',
  'issue.like_name': 'This is too close to your name or address. Choose something else.',
  'issue.common': 'This is among those that are tried first. Add a few words nobody would expect.',
  'issue.unchanged': 'Choose a password that differs from the current one.',
  'issue.not_open': 'The invitation is not valid any more. Ask an administrator for a new one.',
};
