// @ts-check
// Sessions: signing in and out.
import { request } from '/js/core/http.js';

/** Signs in by a name or by an e-mail address. @param {{ identity: string, password: string }} who */
export function openSession({ identity, password }) {
  const name = identity.includes('@') ? { email: identity } : { username: identity };
  return request('POST', '/auth/session', { ...name, password });
}

/** Signs out; a session that has ended already is as good. */
export function closeSession() {
  return request('DELETE', '/auth/session', undefined, { expects: [401] });
}
