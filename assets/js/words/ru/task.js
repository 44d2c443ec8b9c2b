// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'task.task': 'Задача',
  'task.status': 'Состояние',
  'task.model': 'Модель',
  'task.predicted': 'Предсказано строк',
  'task.cost': 'Стоимость',
  'task.when': 'Когда',
  'task.rows': { one: '{count} строка', few: '{count} строки', many: '{count} строк', other: '{count} строки' },
  'task.speed': 'строк в секунду: {count}',
  'task.of': 'из {count}',
  'task.held': 'удержано: {credits}',
  'task.not_charged': 'не оплачивалась',
};
