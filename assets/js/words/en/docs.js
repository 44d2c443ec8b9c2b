// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'docs.back': 'Back to Cellar',
  'docs.swagger': 'Try the API',
  'docs.redoc': 'API reference',
  'docs.failed': 'The description of the interface could not be loaded. The server may be restarting; load the page again.',
};
