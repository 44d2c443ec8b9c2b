// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'top_up.title': 'Recargar',
  'top_up.presets': 'Cantidades habituales',
  'top_up.amount': 'Créditos que añadir',
  'top_up.free': 'Aquí no se paga nada: los créditos se añaden al momento.',
  'top_up.now': 'Tienes {credits}.',
  'top_up.then': 'Tendrás {credits}.',
  'top_up.add': 'Añadir {credits}',
  'top_up.done': 'Añadido: {credits}.',
  'top_up.range': 'Escribe un número entero de 1 a {max}.',
};
