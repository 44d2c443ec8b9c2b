// @ts-check
/** English. @type {import('/js/core/i18n.js').Words} */
export default {
  'task.task': 'Task',
  'task.status': 'Status',
  'task.model': 'Model',
  'task.predicted': 'Rows predicted',
  'task.cost': 'Cost',
  'task.when': 'When',
  'task.rows': { one: '{count} row', other: '{count} rows' },
  'task.speed': '{count} rows per second',
  'task.of': 'of {count}',
  'task.held': '{credits} held',
  'task.not_charged': 'not charged',
};
