// @ts-check
/** Spanish. @type {import('/js/core/i18n.js').Words} */
export default {
  'join.title': 'Tienes una invitación',
  'join.lede': 'Alguien te pide que trabajes con él en un espacio de trabajo de este servidor.',
  'join.as': 'Entras como {name}. Los demás del espacio verán ese nombre.',
  'join.accept': 'Aceptar y entrar',
  'join.later': 'Ahora no',
  'join.done': 'Ahora trabajas en {name}.',
  'join.over': 'Esta invitación ya no vale',
  'join.over_text': 'Ya se usó, caducó, se retiró o es para la cuenta de otra persona. Pide una nueva.',
  'join.empty': 'El enlace no está completo',
  'join.empty_text': 'Abre el enlace completo que recibiste. Termina con una palabra larga tras #.',
  'join.sign_in_first': 'Primero entra o crea una cuenta. Luego vuelves aquí.',
  'join.sign_in_only': 'Primero entra en tu cuenta. Luego vuelves aquí.',
  'join.account_first': '¿Aún no tienes cuenta? Aquí nadie puede crearla por sí mismo. Pídela al administrador de este servidor y luego vuelve a abrir este enlace.',
};
