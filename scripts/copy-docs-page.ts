import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const fromApi = createRequire(join(import.meta.dirname, '../api/package.json'));
/** Swagger UI's other builds, which the page does not load. */
const UNUSED = /\.map$|^swagger-ui\.js$/;

/** What the documentation page loads, into the folder static/: scripts and styles as Brotli alone (see api/src/plugins/docs.ts). */
export function copyDocsPage(to: string): void {
  const from = join(dirname(fromApi.resolve('@fastify/swagger-ui')), 'static');
  mkdirSync(join(to, 'static'));
  for (const name of readdirSync(from).filter((file) => !UNUSED.test(file))) {
    if (/^swagger-ui.*\.(js|css)$/.test(name))
      writeFileSync(join(to, 'static', `${name}.br`), brotliCompressSync(readFileSync(join(from, name))));
    else cpSync(join(from, name), join(to, 'static', name));
  }
}
