// @ts-check
/** Russian. @type {import('/js/core/i18n.js').Words} */
export default {
  'password.lede': 'В других сеансах, возможно, придётся войти заново.',
  'password.lede_must': 'Один шаг до начала.',
  'password.must': 'Пароль, с которым вы вошли, был создан для вас. Выберите такой, который знаете только вы.',
  'password.current': 'Текущий пароль',
  'password.new': 'Новый пароль',
  'password.repeat': 'Новый пароль ещё раз',
  'password.current_missing': 'Введите текущий пароль.',
  'password.same': 'Выберите пароль, который отличается от текущего.',
  'password.differs': 'Новые пароли различаются.',
  'password.action': 'Сменить пароль',
};
