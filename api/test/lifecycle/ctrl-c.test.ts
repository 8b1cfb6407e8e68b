import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';

const root = join(import.meta.dirname, '../../..');

test('Ctrl-C that comes several times, from the terminal and from npm, stops the service and its database', async () => {
  const dataDir = temporaryFolder();
  const child = spawn(process.execPath, ['scripts/run.mjs', 'scripts/start.ts'], {
    cwd: root,
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      DRAIN_SECONDS: '0',
      ADMIN_EMAIL: 'boss@example.org',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  await eventually(() => output.includes('"msg":"ready"'));
  const exited = once(child, 'exit');
  // It meets each moment of the first one's work.
  for (let n = 0; n < 200 && child.exitCode === null; n += 1) {
    child.kill('SIGINT');
    if (n % 10 === 0) await new Promise(setImmediate);
  }
  expect(await exited).toEqual([0, null]);
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
});
