import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findProcesses } from '../../src/embedded-postgres/processes.ts';
import { eventually } from '../support/eventually.ts';
import { rowsOf } from '../support/stage.ts';

const RUN = fileURLToPath(new URL('../support/interrupted-run.ts', import.meta.url));

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a run of tests that %s interrupts leaves nothing running: neither PostgreSQL nor servers, nor what those have started',
  async (signal) => {
    const run = spawn(process.execPath, [RUN], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void run.kill('SIGKILL'));
    const [line] = (await once(run.stdout, 'data')) as [Buffer];
    const { adminUrl, pids } = JSON.parse(line.toString()) as { adminUrl: string; pids: number[] };
    expect(pids.map((pid) => findProcesses('node', pid).length)).toEqual([1, 1]);
    await rowsOf(adminUrl, 'SELECT 1');

    run.kill(signal);
    expect(await once(run, 'exit')).toEqual([1, null]);
    await eventually(() => pids.every((pid) => findProcesses('node', pid).length === 0));
    await expect(rowsOf(adminUrl, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  },
);
