import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { findProcesses, signal } from '../../src/embedded-postgres/processes.ts';
import { fillDataFolder } from './data-folder.ts';

export interface DurablePostgres {
  /** Stays the same, also over stop() and start(). */
  url: string;
  /** kill -9 of the server and all its children; it is started again by itself. */
  kill: () => void;
  /** SIGSTOP to all of them: connections stay open and nothing answers, until SIGCONT. */
  freeze: () => void;
  thaw: () => void;
  stop: () => Promise<void>;
  start: () => Promise<void>;
  remove: () => Promise<void>;
}

/** A PostgreSQL of the test's own with its durable defaults, as in production, to be treated badly. */
export async function startDurablePostgres(): Promise<DurablePostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-chaos-'));
  await fillDataFolder(dataDir);
  const log = { info() {}, warn() {} };
  let postgres: EmbeddedPostgres | undefined = await startEmbeddedPostgres({ dataDir, log });
  const { url } = postgres;

  const signalAll = (name: NodeJS.Signals) => {
    const server = postgres!.pid;
    const children = findProcesses('postgres').filter(({ parent }) => parent === server);
    for (const pid of [server, ...children.map((child) => child.pid)]) signal(pid, name);
  };
  const stop = async () => {
    await postgres?.stop();
    postgres = undefined;
  };
  return {
    url,
    kill: () => signalAll('SIGKILL'),
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    stop,
    async start() {
      postgres = await startEmbeddedPostgres({ dataDir, log });
    },
    async remove() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
