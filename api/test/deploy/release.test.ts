import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { findProblems, sectionsOf } from '../../../scripts/release-checks.ts';

const root = join(import.meta.dirname, '../../..');

let folder: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
  }).trim();
const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

function commit(): string {
  git('add', '.');
  git('commit', '--quiet', '--allow-empty', '--message', 'A commit');
  return git('rev-parse', 'HEAD');
}

function setVersion(version: string): void {
  for (const name of ['.', 'api', 'web', 'deploy', 'bench']) {
    mkdirSync(join(folder, name), { recursive: true });
    write(join(name, 'package.json'), { name: `p-${name.replace('.', 'root')}`, version });
  }
  write('package-lock.json', {
    ...{ name: 'p-root', version, lockfileVersion: 3, requires: true },
    packages: { '': { name: 'p-root', version } },
  });
}

/** A repository whose newest commit can be released as 1.1.0, after 1.0.0. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coupon-book-release-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  git('init', '--quiet');
  setVersion('1.0.0');
  const previous = commit();
  setVersion('1.1.0');
  write('deploy/previous', `${previous}\n`);
  write('CHANGELOG.md', '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-01\n\n- More.\n');
  commit();
});

test('a commit whose versions, changelog and previous version agree can be released', () => {
  expect(findProblems(folder, 'v1.1.0')).toEqual([]);
});

test.for<[string, () => unknown, string]>([
  ['another tag', () => undefined, 'The tag is v1.2.0, and package.json says 1.1.0.'],
  [
    'a package of another version',
    () => write('web/package.json', { version: '1.0.9' }),
    'web/package.json says 1.0.9 instead of 1.1.0.',
  ],
  [
    'entries that belong to no version',
    () => write('CHANGELOG.md', '## [Unreleased]\n\n- New.\n\n## [1.1.0] - 2026-02-01\n'),
    'CHANGELOG.md has entries under [Unreleased]: put them below the title of the version.',
  ],
  [
    'a version without a date',
    () => write('CHANGELOG.md', '## [Unreleased]\n\n## [1.1.0]\n'),
    'CHANGELOG.md has no date for 1.1.0.',
  ],
  [
    'an unknown previous version',
    () => write('deploy/previous', '0123456789\n'),
    'deploy/previous names 0123456789, which is not in this repository.',
  ],
  [
    'itself as the previous version',
    () => write('deploy/previous', `${git('rev-parse', 'HEAD')}\n`),
    'which is not before 1.1.0.',
  ],
  [
    'a tag on another commit',
    () => {
      git('tag', 'v1.1.0');
      commit();
    },
    'v1.1.0 is the tag of another commit already.',
  ],
  ['changes that are not committed', () => write('new', ''), 'There are changes that are not committed.'],
])('%s keeps a commit from being released', ([title, change, problem]) => {
  change();
  const found = findProblems(folder, title === 'another tag' ? 'v1.2.0' : undefined);
  expect(found.join('\n')).toContain(problem);
});

test('the notes of each version are found in the changelog of this repository', () => {
  const sections = sectionsOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  expect(sections.map(({ version }) => version).slice(-1)).toEqual(['0.1.0']);
  for (const { version, date, text } of sections)
    if (version !== 'Unreleased')
      expect([version, date !== undefined, text !== '']).toEqual([version, true, true]);
});
