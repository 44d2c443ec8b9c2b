// @ts-check
// Sessions: signing in and out.
import { request } from '/js/core/http.js';

/** Signs in by a name or by an e-mail address. @param {{ identity: string, password: string }} who */
export function create({ identity, password }) {
  const name = identity.includes('@') ? { email: identity } : { username: identity };
  // 401 here says that the password is wrong, not that a session ended.
  return request('POST', '/auth/session', { ...name, password }, { expects: [401] });
}

/** Signs out. */
function remove() {
  return request('DELETE', '/auth/session', undefined, { expects: [401] });
}
export { remove as delete };
