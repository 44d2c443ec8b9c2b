// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'task.task': 'Tarea',
  'task.status': 'Estado',
  'task.model': 'Modelo',
  'task.predicted': 'Filas predichas',
  'task.cost': 'Coste',
  'task.when': 'Cuándo',
  'task.rows': { one: '{count} fila', other: '{count} filas' },
  'task.speed': 'filas por segundo: {count}',
  'task.of': 'de {count}',
  'task.held': 'Retenido: {credits}',
  'task.not_charged': 'sin cobro',
};
