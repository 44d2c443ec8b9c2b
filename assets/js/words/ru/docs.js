// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'docs.back': 'Назад в Cellar',
  'docs.swagger': 'Опробовать API',
  'docs.redoc': 'Справочник API',
  'docs.failed': 'Описание интерфейса не загрузилось. Возможно, сервер перезапускается; обновите страницу.',
};
