import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/database/migrate.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { TEMPLATE, withDatabase } from './database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    adminUrl: string;
  }
}

/** Once per run: one real PostgreSQL for all test files, and in it the migrated database that they clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-test-'));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: { info() {}, warn: (message) => console.warn(message) },
    // What it holds dies with it, so it need not survive a power cut.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 400 },
  });
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  // Vitest does not tear down when it is interrupted, and the server would outlive it.
  const abandon = () => {
    process.kill(postgres.pid, 'SIGQUIT');
    const ticks = new Int32Array(new SharedArrayBuffer(4));
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    for (let tries = 0; existsSync(pidFile) && tries < 100; tries++) Atomics.wait(ticks, 0, 0, 20);
    remove();
  };
  process.once('exit', abandon);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  const teardown = async () => {
    process.off('exit', abandon);
    await postgres.stop();
    remove();
  };
  try {
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${TEMPLATE}`);
    await migrate(withDatabase(postgres.url, TEMPLATE));
    // The queue's own tables take longer than all of ours, and every app makes sure of them.
    const queue = new PgBoss({
      connectionString: withDatabase(postgres.url, TEMPLATE),
      schedule: false,
      supervise: false,
    });
    await queue.start();
    await queue.stop({ graceful: false });
    // A template somebody is connected to cannot be cloned.
    await admin.query(`ALTER DATABASE ${TEMPLATE} WITH ALLOW_CONNECTIONS false`);
    await admin.end();
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('adminUrl', postgres.url);
  return teardown;
}
