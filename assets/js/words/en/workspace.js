// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'join.title': 'You are invited',
  'join.lede': 'Somebody asks you to work with them in a workspace on this server.',
  'join.as': 'You join as {name}. The others in the workspace will see that name.',
  'join.accept': 'Accept and join',
  'join.later': 'Not now',
  'join.done': 'You work in {name} now.',
  'join.over': 'This invitation is over',
  'join.over_text': 'It was used already, has run out, was taken back, or is for somebody else\'s account. Ask for a new one.',
  'join.empty': 'The link is not complete',
  'join.empty_text': 'Open the whole link that you were sent. It ends with a long word behind a #.',
  'join.sign_in_first': 'Sign in first, or make an account. You come back here.',
  'join.sign_in_only': 'Sign in first. You come back here.',
  'join.account_first': 'No account yet? People cannot make one here by themselves. Ask the administrator of this server for one, then open this link again.',
};
