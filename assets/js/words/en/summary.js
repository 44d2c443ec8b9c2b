// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'summary.wine': 'Expects the score that tasters would give a red wine, from eleven measurements of a laboratory.',
  'summary.simple': 'Multiplies every number of a row by two. A model to try the service with.',
};
