import { existsSync } from 'node:fs';
import { join } from 'node:path';
import files from '@fastify/static';
import fp from 'fastify-plugin';
import { packageFiles } from '../../package-files.ts';
import { Problem } from '../../problems.ts';
import type { ModuleOptions } from '../module.ts';

/** Names of files in here carry a hash of their content. */
const HASHED = '/assets/';

/** The web app: its files, and its one page for every address that is a page of the app and not of the API. */
export default fp<ModuleOptions>(
  async (app) => {
    if (!existsSync(join(packageFiles.web, 'index.html')))
      app.log.warn('the web app is not built: npm run build');
    await app.register(files, {
      root: packageFiles.web,
      serve: false,
      preCompressed: true,
      cacheControl: false,
      dotfiles: 'ignore',
    });

    app.get(
      '/*',
      // As cheap as a request can be, and one page needs thirty of them: an office behind one address may have many.
      { schema: { hide: true }, config: { access: 'public', rateLimit: false }, logLevel: 'warn' },
      async (request, reply) => {
        const path = request.url.split('?', 1)[0]!;
        if (/\.[\w-]+$/.test(path)) {
          reply.header(
            'cache-control',
            path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache',
          );
          return reply.sendFile(path);
        }
        // A program may have mistyped an address of the API, but whoever asks for `/` wants the page.
        const isPage = path === '/' || request.headers.accept?.includes('text/html');
        if (path.startsWith('/api/') || !isPage) throw new Problem('not-found', 'no-such-address');
        reply.header('cache-control', 'no-cache');
        return reply.sendFile('index.html');
      },
    );
  },
  { name: 'web', dependencies: ['problem-details', 'headers'] },
);
