// `npm run build-lambda [-- --arch x64] [--out <folder>]`: the functions of the serverless form, into deploy/bundle, for arm64 unless told
// otherwise.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';
import { onlyClientOfUndici } from './bundle-plugins.ts';
import { copyDocsPage } from './copy-docs-page.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'arm64' },
    out: { type: 'string', default: join(root, 'deploy/bundle') },
  },
});
const out = resolve(values.out);
const fromApi = createRequire(join(root, 'api/package.json'));
const NATIVE = ['bcrypt', `bcrypt-linux-${values.arch}-gnu`];

const next = `${out}-${process.pid}`;
try {
  mkdirSync(next, { recursive: true });
  await build({
    ...bundleOptions,
    plugins: [onlyClientOfUndici, ...bundleOptions.plugins!],
    entryPoints: ['lambda', 'scheduled', 'prepare'].map((name) => `api/src/run/${name}.ts`),
    minify: true,
    sourcemap: false,
    splitting: true,
    entryNames: '[name]',
    chunkNames: 'chunks-[hash]',
    outdir: next,
  });
  copyFiles(next);
  copyBcrypt(next);
  rmSync(out, { recursive: true, force: true });
  renameSync(next, out);
} finally {
  rmSync(next, { recursive: true, force: true });
}
const megabytes = (pattern: string) =>
  (
    globSync(pattern, { cwd: out })
      .map((file) => statSync(join(out, file)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0) / 1e6
  ).toFixed(2);
console.log(
  `${relative(process.cwd(), out)}: ${megabytes('*.js')} MB of JavaScript, ${megabytes('node_modules/**')} MB of bcrypt, ${megabytes('**')} MB in all`,
);

/** What the functions read while they run: see api/src/package-files.ts. */
function copyFiles(to: string): void {
  const copy = (from: string, name: string) => cpSync(join(root, from), join(to, name), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(join(to, 'package.json'), `${JSON.stringify({ version, type: 'module' })}\n`);
  copy('api/migrations', 'migrations');
  copy(globSync('api/src/modules/**/common-passwords.txt', { cwd: root })[0]!, 'common-passwords.txt');
  copyDocsPage(to);
}

/** Its program is another for each kind of machine; npm gets that of one which this is not. */
function copyBcrypt(to: string): void {
  const here = dirname(dirname(fromApi.resolve('@node-rs/bcrypt')));
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-bcrypt-'));
  try {
    let from = here;
    if (values.arch !== process.arch) {
      const { version } = JSON.parse(readFileSync(join(here, 'bcrypt/package.json'), 'utf8')) as {
        version: string;
      };
      execFileSync(
        'npm',
        [
          'install',
          '--prefix',
          folder,
          '--no-save',
          '--os=linux',
          `--cpu=${values.arch}`,
          '--libc=glibc',
          `@node-rs/bcrypt@${version}`,
        ],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      from = join(folder, 'node_modules/@node-rs');
    }
    for (const name of NATIVE)
      for (const file of globSync('{package.json,*.js,*.node}', { cwd: join(from, name) }))
        cpSync(join(from, name, file), join(to, 'node_modules/@node-rs', name, file), { recursive: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
