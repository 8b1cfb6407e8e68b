import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProcesses } from '../../src/embedded-postgres/processes.ts';
import { eventually } from '../support/eventually.ts';

const SCRIPTS = join(import.meta.dirname, '../../..', 'scripts');

/** A dependency whose install script says its pid and ends when there is a file `go`. */
const SLOW = `
  const { appendFileSync, existsSync } = require('node:fs');
  const { join } = require('node:path');
  appendFileSync(join(__dirname, '..', 'pids'), process.pid + '\\n');
  setInterval(() => existsSync(join(__dirname, '..', 'go')) && process.exit(0), 20);`;

interface Start {
  process: ChildProcess;
  output: () => string;
  exited: Promise<[number | null, NodeJS.Signals | null]>;
}

/** A clone as small as can be: our own scripts, and something that npm ci takes long to install. */
function makeClone() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'coupon-book-install-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  mkdirSync(join(root, 'scripts'));
  for (const name of ['run.mjs', 'install.mjs', 'turns.mjs'])
    cpSync(join(SCRIPTS, name), join(root, 'scripts', name));
  mkdirSync(join(root, 'slow'));
  const write = (path: string, content: object | string) =>
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  const slow = { name: 'slow', version: '1.0.0', scripts: { install: 'node wait.cjs' } };
  const clone = { name: 'clone', version: '1.0.0', dependencies: { slow: 'file:slow' } };
  write('slow/wait.cjs', SLOW);
  write('slow/package.json', slow);
  write('main.mjs', "console.log('started')");
  write('package.json', {
    ...clone,
    scripts: { start: 'exec node scripts/run.mjs main.mjs' },
    allowScripts: { slow: true },
  });
  write('package-lock.json', {
    name: 'clone',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': clone,
      'node_modules/slow': { resolved: 'slow', link: true },
      slow: { version: '1.0.0', hasInstallScript: true },
    },
  });
  const pids = () =>
    existsSync(join(root, 'pids'))
      ? readFileSync(join(root, 'pids'), 'utf8').trim().split('\n').map(Number)
      : [];
  return {
    root,
    /** Of the install script, of each time it ran. */
    pids,
    finish: () => write('go', ''),
    start(command = process.execPath, args = [join(root, 'scripts', 'run.mjs'), 'main.mjs']): Start {
      const { npm_execpath: _, ...env } = process.env;
      const child = spawn(command, args, {
        cwd: root,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => (output += String(chunk)));
      onTestFinished(() => void child.kill('SIGKILL'));
      const exited = once(child, 'close') as Start['exited'];
      return { process: child, output: () => output, exited };
    },
    /** The pid of the install script that runs now. */
    installing: (times = 1) => eventually(() => pids()[times - 1]),
  };
}

/** Unlike a process that has ended and waits for its parent to hear of it. */
const runs = (script: number) => findProcesses('wait.cjs', script).length > 0;

const ENDS: [string, (start: Start) => void, boolean][] = [
  ['SIGTERM', ({ process: { pid } }) => process.kill(pid!, 'SIGTERM'), false],
  ['Ctrl-C in its terminal', ({ process: { pid } }) => process.kill(-pid!, 'SIGINT'), false],
  ['kill -9', ({ process: { pid } }) => process.kill(pid!, 'SIGKILL'), false],
  ['SIGTERM to npm alone', ({ process: { pid } }) => process.kill(pid!, 'SIGTERM'), true],
  ['SIGINT to npm alone', ({ process: { pid } }) => process.kill(pid!, 'SIGINT'), true],
  ['Ctrl-C in the terminal of npm start', ({ process: { pid } }) => process.kill(-pid!, 'SIGINT'), true],
];

test.for(ENDS)('%s while it installs ends npm ci too, and the next start works', async ([, end, byNpm]) => {
  const clone = makeClone();
  const first = byNpm ? clone.start('npm', ['start']) : clone.start();
  const script = await clone.installing();
  end(first);
  const [code] = await first.exited;
  expect(code).not.toBe(0);
  await eventually(() => !runs(script));
  expect(first.output()).not.toContain('started');

  clone.finish();
  const second = clone.start();
  expect(await second.exited).toEqual([0, null]);
  expect(second.output()).toContain('started');
  expect(clone.pids()).toHaveLength(2);
});

test('of several starts at once one installs, and the others say that they wait for it', async () => {
  const clone = makeClone();
  const starts = [1, 2, 3].map(() => clone.start());
  await clone.installing();
  // Starts that see each other all say that they wait, even the one that installs in the end.
  const others = () => starts.filter(({ output }) => !output().includes('Installing the dependencies'));
  await eventually(
    () => others().length === 2 && others().every(({ output }) => output().includes('waiting for it')),
  );
  clone.finish();
  for (const start of starts) {
    expect(await start.exited).toEqual([0, null]);
    expect(start.output()).toContain('started');
  }
  expect(clone.pids()).toHaveLength(1);
});

test('one that waits is ended by a signal, and takes its turn when the one before was killed', async () => {
  const clone = makeClone();
  const first = clone.start();
  const script = await clone.installing();
  const [second, third] = [clone.start(), clone.start()];
  for (const { output } of [second, third]) await eventually(() => output().includes('waiting for it'));
  second.process.kill('SIGTERM');
  expect(await second.exited).toEqual([null, 'SIGTERM']);
  first.process.kill('SIGKILL');
  expect(await clone.installing(2)).not.toBe(script);
  expect(runs(script)).toBe(false);
  clone.finish();
  expect(await third.exited).toEqual([0, null]);
});

test('a lock whose pid went to another process holds nobody up', async () => {
  const clone = makeClone();
  const lock = join(clone.root, '.npm-ci.lock');
  mkdirSync(lock);
  writeFileSync(join(lock, String(process.pid)), 'another start');
  writeFileSync(join(lock, 'pid'), String(process.pid)); // As an earlier version wrote it.
  clone.finish();
  const start = clone.start();
  expect(await start.exited).toEqual([0, null]);
  expect(readdirSync(lock)).toEqual(['pid']);
});
