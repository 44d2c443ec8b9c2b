// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'password.lede': 'Your other sessions may have to sign in again.',
  'password.lede_must': 'One step before you begin.',
  'password.must': 'The password you signed in with was made for you. Choose one that only you know.',
  'password.current': 'Current password',
  'password.new': 'New password',
  'password.repeat': 'New password again',
  'password.current_missing': 'Enter your current password.',
  'password.same': 'Choose a password that differs from the current one.',
  'password.differs': 'The two new passwords differ.',
  'password.action': 'Change password',
};
