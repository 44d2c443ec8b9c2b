// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'docs.back': 'Volver a Cellar',
  'docs.swagger': 'Probar la API',
  'docs.redoc': 'Referencia de la API',
  'docs.failed': 'No se pudo cargar la descripción de la interfaz. Quizá el servidor se esté reiniciando; recargue la página.',
};
