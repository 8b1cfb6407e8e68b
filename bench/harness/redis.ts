import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { freePort } from '../../api/race/server-process.ts';
import { requireCommand } from './commands.ts';

export interface Redis extends AsyncDisposable {
  url: string;
  pid: number;
}

/**
 * A Redis of our own with a log of every write, flushed every second (its default for durability), and no snapshots.
 * @throws {NotMeasured} when redis-server is not installed
 */
export async function startRedis(): Promise<Redis> {
  requireCommand('redis-server', 'redis-server');
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-bench-redis-'));
  const port = String(await freePort());
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const child = spawn('redis-server', [...args, '--appendonly', 'yes', '--appendfsync', 'everysec'], {
    stdio: 'ignore',
    detached: true, // Ctrl-C is for us, who stop it.
  });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', end);
  const url = `redis://127.0.0.1:${port}`;
  await untilUp(url, child);
  return {
    url,
    pid: child.pid!,
    async [Symbol.asyncDispose]() {
      process.off('exit', end);
      end();
    },
  };
}

async function untilUp(url: string, child: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; await delay(50)) {
    try {
      const client = createClient({ url }).on('error', () => undefined);
      await client.connect();
      client.destroy();
      return;
    } catch (error) {
      if (performance.now() > deadline || child.exitCode !== null) throw error;
    }
  }
}
