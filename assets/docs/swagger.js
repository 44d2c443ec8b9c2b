// @ts-check
// Swagger UI over this server's own description. It asks nothing of any other server: no validator badge.
import { DESCRIPTION, drawBar, fail, stage } from '/docs/bar.js';

await drawBar('swagger');
const { SwaggerUIBundle } = /** @type {any} */ (globalThis);
if (!SwaggerUIBundle) fail();
else {
  SwaggerUIBundle({
    url: DESCRIPTION,
    domNode: stage(),
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
    validatorUrl: null,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    // The server refuses unsafe calls with a cookie unless they carry the mark of its own pages.
    requestInterceptor(/** @type {any} */ request) {
      request.headers['X-Cellar'] = '1';
      return request;
    },
  });
}
