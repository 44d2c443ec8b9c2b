// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'date_span.from': 'С',
  'date_span.to': 'По',
  'date_span.any': 'любой день',
};
