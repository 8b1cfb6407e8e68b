// `npm run build [-- --out <folder>]`: dist/, the product as an artifact. It starts with `node dist/monolith.js`, from a folder that
// nobody can write to, and neither installs nor builds anything.
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Metafile } from 'esbuild';
import { BUNDLED_PACKAGES } from '../web/bundled-packages.ts';
import { writeLicenses } from './licenses.ts';
import { bundlePrograms, PROGRAMS } from './programs.ts';
import { buildWebWhenStale } from './web.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
const dist = resolve(values.out);

const started = performance.now();
await buildWebWhenStale();
// Beside it, and swapped when it is whole.
const next = `${dist}-${process.pid}`;
try {
  mkdirSync(next, { recursive: true });
  const metafile = await bundlePrograms(next, PROGRAMS);
  const packages = writeLicenses(next, root, foldersOfPackages(next, metafile)).length;
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
  const files = globSync('**', { cwd: dist }).map((file) => statSync(join(dist, file)));
  const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${relative(process.cwd(), dist) || dist}: ${files.filter((file) => file.isFile()).length} files, ${(bytes / 1e6).toFixed(1)} MB, ` +
      `made from ${packages} packages in ${seconds} s. Start it with: node ${relative(process.cwd(), join(dist, 'monolith.js'))}`,
  );
} finally {
  rmSync(next, { recursive: true, force: true });
}

/** The folders of the packages of which something is in the programs, in the web app, or beside them. */
function foldersOfPackages(to: string, { inputs }: Metafile): Set<string> {
  const folders = Object.keys(inputs)
    .map((input) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input)?.[0])
    .filter((folder) => folder !== undefined);
  const ofWeb = JSON.parse(readFileSync(join(to, 'web', BUNDLED_PACKAGES), 'utf8')) as string[];
  const beside = globSync('node_modules/@node-rs/bcrypt*', { cwd: to });
  return new Set([...folders, ...ofWeb, ...beside.map((folder) => relative(root, join(to, folder)))]);
}
