// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'server.version': 'Versión',
  'server.uptime': 'En marcha',

  'check.database': 'Base de datos',
  'check.disk': 'Disco',
  'check.jobs': 'Tareas',
  'check.accounts': 'Cuentas',
};
