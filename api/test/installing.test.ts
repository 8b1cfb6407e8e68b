import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './support/eventually.ts';

const RUN = join(import.meta.dirname, '../../scripts/run.mjs');

/** Says that it runs, and ends when it may. */
const SLOW = `
  const fs = require('node:fs');
  fs.appendFileSync('../installs', process.pid + '\\n');
  setInterval(() => fs.existsSync('../go') && process.exit(0), 20);`;

/** A clone whose one dependency takes as long to install as the test wants. */
function makeClone() {
  const root = mkdtempSync(join(tmpdir(), 'coupon-book-clone-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));
  const write = (name: string, content: unknown) =>
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
  for (const folder of ['scripts', 'slow']) mkdirSync(join(root, folder));
  copyFileSync(RUN, join(root, 'scripts/run.mjs'));
  const dependencies = { slow: 'file:slow' };
  write('package.json', { name: 'clone', version: '1.0.0', type: 'module', dependencies });
  write('package-lock.json', {
    name: 'clone',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'clone', version: '1.0.0', dependencies },
      slow: { version: '1.0.0', hasInstallScript: true },
      'node_modules/slow': { resolved: 'slow', link: true },
    },
  });
  write('slow/package.json', { name: 'slow', version: '1.0.0', scripts: { install: 'node slow.cjs' } });
  write('slow/slow.cjs', SLOW);
  write('hello.mjs', `console.log('hello')`);

  const installs = () =>
    existsSync(join(root, 'installs'))
      ? readFileSync(join(root, 'installs'), 'utf8').trim().split('\n').map(Number)
      : [];
  return {
    start() {
      const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'hello.mjs'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text) => (output += String(text)));
      return { child, output: () => output, exited: once(child, 'exit') };
    },
    /** Process ids of the installations that have begun. */
    installs,
    letGo: () => write('go', ''),
  };
}

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  test(`what installs ends with the start that is ended by ${signal}, and the next start installs`, async () => {
    const clone = makeClone();
    const first = clone.start();
    const [pid] = await eventually(() => (clone.installs().length > 0 ? clone.installs() : undefined));
    first.child.kill(signal);
    expect(await first.exited).toEqual([null, signal]);
    await eventually(() => !isRunning(pid!));

    const second = clone.start();
    await eventually(() => clone.installs().length === 2);
    clone.letGo();
    expect(await second.exited).toEqual([0, null]);
    expect(second.output()).toContain('hello');
    const third = clone.start();
    expect(await third.exited).toEqual([0, null]);
    expect(clone.installs()).toHaveLength(2);
  });
}

test('of two starts at once one installs, and the other says that it waits', async () => {
  const clone = makeClone();
  const first = clone.start();
  await eventually(() => clone.installs().length === 1);
  const second = clone.start();
  await eventually(() =>
    second.output().includes(`Process ${first.child.pid} installs the dependencies: waiting`),
  );
  clone.letGo();
  expect(await Promise.all([first.exited, second.exited])).toEqual([
    [0, null],
    [0, null],
  ]);
  for (const { output } of [first, second]) expect(output()).toContain('hello');
  expect(clone.installs()).toHaveLength(1);
});
