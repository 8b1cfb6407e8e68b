// `npm run build [-- --out <folder>]`: dist/, the product as an artifact. It starts with `node dist/monolith.js`, from a folder that
// nobody can write to, and neither installs nor builds anything.
import {
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';
import { BUNDLED_PACKAGES } from '../web/bundled-packages.ts';
import { copyDocsPage } from './copy-docs-page.ts';
import { writeLicenses } from './licenses.ts';
import { buildWebWhenStale } from './web.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });
const dist = resolve(values.out);
const fromApi = createRequire(join(root, 'api/package.json'));

const started = performance.now();
await buildWebWhenStale();
// Beside it, and swapped when it is whole.
const next = `${dist}-${process.pid}`;
try {
  mkdirSync(next, { recursive: true });
  const { metafile } = await build({
    ...bundleOptions,
    metafile: true,
    entryPoints: [
      ...globSync('api/src/run/*.ts', { cwd: root }),
      'scripts/reset-admin.ts',
      'scripts/doctor.ts',
    ],
    splitting: true,
    entryNames: '[name]',
    chunkNames: 'chunks-[hash]',
    outdir: next,
  });
  copyFiles(next);
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

/** What the program reads while it runs: see api/src/package-files.ts. */
function copyFiles(to: string): void {
  const copy = (from: string, name: string) => cpSync(from, join(to, name), { recursive: true });
  const { version, license } = readJson(join(root, 'package.json'));
  const { name } = readJson(join(root, 'api/package.json'));
  writeFileSync(
    join(to, 'package.json'),
    `${JSON.stringify({ name, version, private: true, type: 'module', license, engines: { node: '>=24' } }, null, 2)}\n`,
  );
  copy(join(root, 'LICENSE'), 'LICENSE');
  copy(join(root, 'api/openapi.json'), 'openapi.json');
  copy(join(root, 'api/migrations'), 'migrations');
  copy(join(root, 'web/dist'), 'web');
  copy(
    join(root, globSync('api/src/modules/**/common-passwords.txt', { cwd: root })[0]!),
    'common-passwords.txt',
  );
  copyDocsPage(to);
  // Its program for this machine is a package beside it.
  const bcrypt = dirname(fromApi.resolve('@node-rs/bcrypt'));
  for (const folder of globSync('bcrypt*', { cwd: dirname(bcrypt) }))
    copy(join(dirname(bcrypt), folder), join('node_modules/@node-rs', folder));
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

function readJson(path: string): Record<string, string> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
}
