// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'summary.wine': 'Estima la nota que los catadores darían a un vino tinto a partir de once medidas de laboratorio.',
  'summary.simple': 'Multiplica por dos cada número de una fila. Un modelo para probar el servicio.',
};
