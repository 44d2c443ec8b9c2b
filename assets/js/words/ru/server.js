// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'server.version': 'Версия',
  'server.uptime': 'Работает',

  'check.database': 'База данных',
  'check.disk': 'Диск',
  'check.jobs': 'Фоновые задачи',
  'check.accounts': 'Учётные записи',
};
