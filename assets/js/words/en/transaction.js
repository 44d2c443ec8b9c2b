// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'top_up.title': 'Top up',
  'top_up.presets': 'Usual amounts',
  'top_up.amount': 'Credits to add',
  'top_up.free': 'Nothing is paid here: the credits are added at once.',
  'top_up.now': 'You have {credits}.',
  'top_up.then': 'You will have {credits}.',
  'top_up.add': 'Add {credits}',
  'top_up.done': '{credits} added.',
  'top_up.range': 'Enter a whole number from 1 to {max}.',
};
