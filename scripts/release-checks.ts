import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages whose version is that of the product. */
const PACKAGES = ['.', 'api', 'web', 'deploy', 'bench'];

const versionOf = (text: string): string => (JSON.parse(text) as { version: string }).version;

/** @returns 1 when `a` is the newer version, -1 when `b` is, else 0 */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const n of [0, 1, 2]) if (left![n] !== right![n]) return left![n]! > right![n]! ? 1 : -1;
  return 0;
}

/** The sections of a changelog by version; `Unreleased` is one. */
export function sectionsOf(changelog: string): { version: string; date: string | undefined; text: string }[] {
  return changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title, ...lines] = section.split('\n');
      const [, version = '', date] = /^\[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$/.exec(title!) ?? [];
      return { version, date, text: lines.join('\n').trim() };
    });
}

/**
 * What keeps this commit from being released, in sentences.
 * @param tag that it is to have; undefined: the one of its version
 */
export function findProblems(root: string, tag?: string): string[] {
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'safe.directory=*', ...args], { cwd: root, encoding: 'utf8' });
  const problems: string[] = [];
  const version = versionOf(read('package.json'));

  if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`${version} is not a version such as 1.2.3.`);
  if (tag !== undefined && tag !== `v${version}`)
    problems.push(`The tag is ${tag}, and package.json says ${version}.`);
  for (const folder of PACKAGES) {
    const its = versionOf(read(join(folder, 'package.json')));
    if (its !== version) problems.push(`${folder}/package.json says ${its} instead of ${version}.`);
  }

  const [unreleased, newest] = sectionsOf(read('CHANGELOG.md'));
  if (unreleased?.version !== 'Unreleased') problems.push('CHANGELOG.md does not begin with [Unreleased].');
  else if (unreleased.text !== '')
    problems.push('CHANGELOG.md has entries under [Unreleased]: put them below the title of the version.');
  if (newest?.version !== version)
    problems.push(`The newest version in CHANGELOG.md is ${newest?.version}, not ${version}.`);
  else if (!newest.date) problems.push(`CHANGELOG.md has no date for ${version}.`);

  const [previous] = read('deploy/previous').trim().split(' ');
  const before = git('show', `${previous}:package.json`);
  if (before.status !== 0)
    problems.push(`deploy/previous names ${previous}, which is not in this repository.`);
  else if (compare(versionOf(before.stdout), version) >= 0)
    problems.push(
      `deploy/previous names a commit of ${versionOf(before.stdout)}, which is not before ${version}.`,
    );

  const tagged = git('rev-parse', '--verify', '--quiet', `refs/tags/v${version}^{commit}`).stdout.trim();
  const head = git('rev-parse', 'HEAD').stdout.trim();
  if (tagged !== '' && tagged !== head) problems.push(`v${version} is the tag of another commit already.`);
  if (git('status', '--porcelain').stdout.trim() !== '')
    problems.push('There are changes that are not committed.');
  if (spawnSync('npm', ['ls', '--all', '--package-lock-only'], { cwd: root, stdio: 'ignore' }).status !== 0)
    problems.push('The lock is not consistent: see npm ls --all.');
  return problems;
}
