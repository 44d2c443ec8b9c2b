// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'password.rule': 'De {min} a {max} caracteres. Unas palabras sin relación se recuerdan mejor que los símbolos.',
  'password.too_short': { one: 'Usa al menos {n} carácter.', other: 'Usa al menos {n} caracteres.' },
  'password.too_long': { one: 'Usa como máximo {n} carácter.', other: 'Usa como máximo {n} caracteres.' },

  'issue.username.taken': 'Este nombre ya lo tiene alguien, o uno muy parecido.',
  'issue.username.invalid': 'De 3 a 32 letras, cifras, puntos, guiones y guiones bajos, con una letra o cifra en cada extremo.',
  'issue.username.mixed_scripts': 'Usa letras de un solo alfabeto.',
  'issue.email.taken': 'Esta dirección ya tiene una cuenta.',
  'issue.email.invalid': 'Escribe una dirección como ada@example.org.',
  'issue.email.look_alike': 'Tiene letras de otro alfabeto que parecen corrientes. Escríbela con letras corrientes.',
  'issue.full_name.invalid': 'Como máximo 120 caracteres, en una línea.',
  'issue.like_name': 'Se parece demasiado a tu nombre o dirección. Elige otra.',
  'issue.common': 'Es de las que se prueban primero. Añade unas palabras que nadie espere.',
  'issue.unchanged': 'Elige una contraseña distinta de la actual.',
  'issue.not_open': 'La invitación ya no es válida. Pide una nueva a un administrador.',
};
