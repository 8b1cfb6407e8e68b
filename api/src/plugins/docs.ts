import { createReadStream, globSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createBrotliDecompress } from 'node:zlib';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { icon } from '../docs-page/icon.ts';
import { script } from '../docs-page/script.ts';
import { style } from '../docs-page/style.ts';
import { packageFiles } from '../package-files.ts';

/** `/docs`: the reference of the API for people, where they sign in and try calls. */
export default fp(
  async (app) => {
    if (packageFiles.swaggerUi) serveCompressed(app, packageFiles.swaggerUi);
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

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' };

/** What a bundle has of Swagger UI is compressed, and only so: see scripts/copy-docs-page.ts. */
function serveCompressed(app: FastifyInstance, folder: string): void {
  for (const file of globSync('*.br', { cwd: folder })) {
    const name = file.slice(0, -'.br'.length);
    app.get(
      `/docs/static/${name}`,
      { schema: { hide: true }, config: { access: 'public' } },
      (request, reply) => {
        const compressed = createReadStream(join(folder, file));
        void reply
          .type(TYPES[name.split('.').at(-1) as keyof typeof TYPES])
          .header('vary', 'accept-encoding')
          .header('cache-control', 'public, max-age=3600');
        return /\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '')
          ? reply.header('content-encoding', 'br').send(compressed)
          : reply.send(pipeline(compressed, createBrotliDecompress(), () => undefined));
      },
    );
  }
}
