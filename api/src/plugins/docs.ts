import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { icon } from '../docs-page/icon.ts';
import { script } from '../docs-page/script.ts';
import { style } from '../docs-page/style.ts';
import { packageFiles } from '../package-files.ts';

/** `/docs`: the reference of the API for people, where they sign in and try calls. */
export default fp(
  async (app) => {
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      baseDir: packageFiles.swaggerUi,
      theme: {
        title: 'Coupon Book API',
        favicon: [{ filename: 'icon.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: icon }],
        css: [{ filename: 'style.css', content: style }],
        js: [{ filename: 'script.js', content: script }],
      },
      uiConfig: {
        // Without Swagger's logo and its box for other addresses.
        layout: 'BaseLayout',
        docExpansion: 'none',
        defaultModelsExpandDepth: 0,
        displayRequestDuration: true,
        filter: true,
        persistAuthorization: false,
        tryItOutEnabled: true,
        // Written into the page as source: it hands Swagger UI to the script of the page, which signs in.
        plugins: [(system: unknown) => Object.assign(globalThis, { swaggerSystem: system }) && {}],
      },
    });
  },
  { name: 'docs', dependencies: ['openapi'] },
);
