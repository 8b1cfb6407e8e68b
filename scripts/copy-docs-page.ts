import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const fromApi = createRequire(join(import.meta.dirname, '../api/package.json'));
const KEPT = join(import.meta.dirname, '../node_modules/.cache/docs-page');
/** Swagger UI's other builds, which the page does not load. */
const UNUSED = /\.map$|^swagger-ui\.js$/;

/** What the documentation page loads, into the folder static/: scripts and styles as Brotli alone (see api/src/plugins/docs.ts). */
export function copyDocsPage(to: string): void {
  const from = join(dirname(fromApi.resolve('@fastify/swagger-ui')), 'static');
  mkdirSync(join(to, 'static'));
  for (const name of readdirSync(from).filter((file) => !UNUSED.test(file))) {
    if (/^swagger-ui.*\.(js|css)$/.test(name))
      cpSync(compress(join(from, name)), join(to, 'static', `${name}.br`));
    else cpSync(join(from, name), join(to, 'static', name));
  }
}

/** @returns the path of the compressed file, which is kept: to make it takes seconds, and the builds of all forms need it */
function compress(path: string): string {
  const source = readFileSync(path);
  const kept = join(KEPT, `${createHash('sha256').update(source).digest('hex')}.br`);
  if (existsSync(kept)) return kept;
  mkdirSync(KEPT, { recursive: true });
  // Whole or absent: other builds read it.
  writeFileSync(`${kept}-${process.pid}`, brotliCompressSync(source));
  renameSync(`${kept}-${process.pid}`, kept);
  return kept;
}
