// `npm run release`: what a release is made of, into the folder release/, and what keeps it from being one. Publishes nothing.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeClient } from './client-package.ts';
import type { BundledPackage } from './licenses.ts';
import { findProblems, sectionsOf } from './release-checks.ts';
import { makeSbom } from './sbom.ts';

const HELP = `npm run release [-- --out <folder>] [-- --dist <folder>] [-- --for <tag> | --tag]

Makes dist/ as an archive, a client for backends, the list of what is in it (CycloneDX), the notes from CHANGELOG.md, and checksums, and
says what keeps this commit from being released. Publishes nothing.

  --out <folder>   where to; release/ unless given
  --dist <folder>  what npm run build has made already
  --for <tag>      ends with 1, and makes nothing, when something keeps this commit from being released as that tag
  --tag            the same, then tags the commit. Pushing the tag makes the workflow "Release" publish it`;

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'release') },
    dist: { type: 'string' },
    for: { type: 'string' },
    tag: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], { cwd: root, encoding: 'utf8' }).trim();

if (values.help) console.log(HELP);
else release();

function release(): void {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const problems = findProblems(root, values.for);
  if (problems.length > 0 && (values.for !== undefined || values.tag)) {
    console.error(['This is no release:', ...problems].join('\n- '));
    process.exitCode = 1;
    return;
  }
  const out = resolve(values.out);
  makeFiles(out, version);
  console.log(`${relative(process.cwd(), out) || out} has what a release of ${version} is made of:`);
  for (const line of readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n')) console.log(line);
  if (values.tag) {
    git('tag', '--annotate', `v${version}`, '--message', `Coupon Book ${version}`);
    console.log(`Tagged v${version}. Publish it: git push origin v${version}`);
  } else if (problems.length > 0)
    console.log(['Nothing was published. Before it can be:', ...problems].join('\n- '));
  else console.log('Nothing was published. Nothing keeps it from being: npm run release -- --tag');
}

function makeFiles(out: string, version: string): void {
  const work = mkdtempSync(join(tmpdir(), 'coupon-book-release-'));
  try {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    const name = `coupon-book-${version}-${process.platform}-${process.arch}`;
    const dist = join(work, name);
    if (values.dist) cpSync(values.dist, dist, { recursive: true });
    else execFileSync(process.execPath, ['scripts/build.ts', '--out', dist], { cwd: root, stdio: 'inherit' });
    pack(work, name, join(out, `${name}.tar.gz`));

    const packages = JSON.parse(readFileSync(join(dist, 'packages.json'), 'utf8')) as BundledPackage[];
    const sbom = makeSbom(root, version, packages);
    writeFileSync(join(out, `${name}.cdx.json`), `${JSON.stringify(sbom, null, 2)}\n`);

    // npm wants the folder "package".
    writeClient(join(work, 'package'), root, version);
    pack(work, 'package', join(out, `coupon-book-client-${version}.tgz`));

    const notes = sectionsOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
    const own = notes.find((section) => section.version === version) ?? notes[0];
    writeFileSync(join(out, 'NOTES.md'), `${own?.text ?? ''}\n`);
    writeFileSync(join(out, 'SHA256SUMS'), `${readdirSync(out).sort().map(checksum(out)).join('\n')}\n`);
  } finally {
    execFileSync('chmod', ['-R', 'u+w', work]);
    rmSync(work, { recursive: true });
  }
}

/** The same bytes whoever packs the same files: in one order, owned by nobody, as old as the commit. */
function pack(folder: string, name: string, archive: string): void {
  const time = git('log', '-1', '--format=%ct');
  const same = [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u+rw,go=rX',
    `--mtime=@${time}`,
  ];
  const tar = execFileSync('tar', [...same, '-cf', '-', '-C', folder, name], { maxBuffer: 2 ** 30 });
  writeFileSync(archive, execFileSync('gzip', ['-9n'], { input: tar, maxBuffer: 2 ** 30 }));
}

function checksum(folder: string): (name: string) => string {
  return (name) => {
    const hash = createHash('sha256').update(readFileSync(join(folder, name)));
    return `${hash.digest('hex')}  ${name}`;
  };
}
