// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'top_up.title': 'Пополнение',
  'top_up.presets': 'Обычные суммы',
  'top_up.amount': 'Сколько кредитов добавить',
  'top_up.free': 'Платить здесь не нужно: кредиты добавляются сразу.',
  'top_up.now': 'У вас {credits}.',
  'top_up.then': 'У вас будет {credits}.',
  'top_up.add': 'Добавить {credits}',
  'top_up.done': 'Добавлено: {credits}.',
  'top_up.range': 'Введите целое число от 1 до {max}.',
};
