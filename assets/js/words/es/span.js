// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'date_span.from': 'Desde',
  'date_span.to': 'Hasta',
  'date_span.any': 'cualquier día',
};
