import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';
import { copyDocsPage } from './copy-docs-page.ts';

const root = join(import.meta.dirname, '..');
const fromApi = createRequire(join(root, 'api/package.json'));

/** The programs of the product, as paths in the clone. */
export const PROGRAMS = [
  ...globSync('api/src/run/*.ts', { cwd: root }),
  'scripts/reset-admin.ts',
  'scripts/doctor.ts',
];

/** Bundles programs into a folder, each under its name, with all that they read while they run: see api/src/package-files.ts. */
export async function bundlePrograms(to: string, entryPoints: string[]): Promise<Metafile> {
  const { metafile } = await build({
    ...bundleOptions,
    metafile: true,
    entryPoints,
    splitting: true,
    entryNames: '[name]',
    chunkNames: 'chunks-[hash]',
    outdir: to,
  });
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
  return metafile;
}

function readJson(path: string): Record<string, string> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
}
