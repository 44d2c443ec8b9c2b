// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'password.lede': 'Puede que tus otras sesiones tengan que entrar de nuevo.',
  'password.lede_must': 'Un paso antes de empezar.',
  'password.must': 'La contraseña con la que has entrado se creó para ti. Elige una que solo tú conozcas.',
  'password.current': 'Contraseña actual',
  'password.new': 'Contraseña nueva',
  'password.repeat': 'Contraseña nueva otra vez',
  'password.current_missing': 'Escribe tu contraseña actual.',
  'password.same': 'Elige una contraseña distinta de la actual.',
  'password.differs': 'Las dos contraseñas nuevas son distintas.',
  'password.action': 'Cambiar contraseña',
};
