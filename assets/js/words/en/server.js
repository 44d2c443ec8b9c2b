// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'server.version': 'Version',
  'server.uptime': 'Running for',

  'check.database': 'Database',
  'check.disk': 'Disk',
  'check.jobs': 'Background jobs',
  'check.accounts': 'Accounts',
};
