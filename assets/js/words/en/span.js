// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'date_span.from': 'From',
  'date_span.to': 'To',
  'date_span.any': 'any day',
};
