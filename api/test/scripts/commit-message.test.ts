import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
/** A repository with nothing but this hook. */
const repository = mkdtempSync(join(tmpdir(), 'commit-message-'));
afterAll(() => rmSync(repository, { recursive: true, force: true, maxRetries: 3 }));
// Not those of a commit that runs the tests: Git would take that repository.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
const git = (...args: string[]) => spawnSync('git', args, { cwd: repository, env, encoding: 'utf8' });

for (const folder of ['.githooks', 'scripts']) mkdirSync(join(repository, folder));
for (const file of ['.githooks/commit-msg', 'scripts/commit-message.mjs'])
  cpSync(join(root, file), join(repository, file));
execFileSync('git', ['init', '--quiet'], { cwd: repository, env });
for (const [name, value] of [
  ['user.name', 'Ada'],
  ['user.email', 'ada@example.org'],
  ['core.hooksPath', '.githooks'],
])
  git('config', name!, value!);

const commit = (message: string) => git('commit', '--allow-empty', '--quiet', '--message', message);

test.each([
  'Refuse a lock outside the book’s dates',
  "Say why: a file's column is not clear\n\nA wrong guess is worse than a question.",
  'Embed PostgreSQL',
  'Bring a Node.js where it is older',
  'Feed the demo with a month of history',
  'Process uploads in turn',
  'Merge branch main into words',
  'fixup! Refuse a lock outside the book’s dates',
  'A'.padStart(72, 'Ab'),
])('a commit with the subject "%s" is made', (message) => {
  expect(commit(message)).toMatchObject({ status: 0, stderr: '' });
});

test.each([
  ['Refuse a lock outside the dates.', 'full stop'],
  ['refuse a lock outside the dates', 'capital letter'],
  ['fix: a lock outside the dates', 'capital letter'],
  ['Refused a lock outside the dates', 'imperative ("Refused")'],
  ['Refusing a lock outside the dates', 'imperative ("Refusing")'],
  ['Refuses a lock outside the dates', 'imperative ("Refuses")'],
  ['Jobs: an undo that was cancelled says so', 'imperative ("Jobs")'],
  ['A lock outside the dates is refused', 'imperative ("A")'],
  ['Refuse'.padEnd(73, '!'), '73 characters (at most 72)'],
  ['Refuse a lock\noutside the dates', 'empty line'],
])('a commit with the subject "%s" is refused: %s', (message, reason) => {
  const { status, stderr } = commit(message);
  expect(status).not.toBe(0);
  expect(stderr).toContain(reason);
});
