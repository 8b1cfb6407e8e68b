import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { migrate } from '../../src/database/migrate.ts';
import { superuserUrl } from '../../src/embedded-postgres/cluster.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { copyDataFolder } from './data-folder.ts';
import { endDescendants } from './end-descendants.ts';
import { keptBuild } from './kept-build.ts';

/** The migrated, empty database. */
const TEMPLATE = 'coupon_book_template';

/** Tests make databases and roles of their own, drop those that a vacuum is in, and fill disks. Beyond that they may what the service may. */
const RIGHTS_OF_TESTS = `
  ALTER ROLE coupon_book CREATEDB CREATEROLE;
  ALTER ROLE coupon_book SET createrole_self_grant = 'set, inherit';
  GRANT pg_signal_backend, pg_signal_autovacuum_worker TO coupon_book;
  GRANT SET ON PARAMETER temp_file_limit TO coupon_book`;

export type TestDatabase = { url: string; drop(): Promise<void> };

/** Once per run, of the API's tests or of the browser's: one real PostgreSQL, and in it the migrated database that they clone. */
export async function startTestPostgres(): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  const prepared = await keptBuild({
    name: 'test-postgres',
    sources: ['api/src', 'api/migrations', 'api/test/support/test-postgres.ts', 'package-lock.json'],
    async make(dataDir) {
      const { url, stop } = await startServer(dataDir, () => undefined);
      try {
        await administer(superuserUrl(url, dataDir), RIGHTS_OF_TESTS);
        await makeTemplate(url);
      } finally {
        await stop();
      }
    },
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-test-'));
  copyDataFolder(prepared, dataDir);
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  const { url, stop } = await startServer(dataDir, remove);
  return {
    adminUrl: url,
    async stop() {
      await stop();
      remove();
    },
  };
}

/** @param abandoned what remains to be done when the run is interrupted and the server has ended */
async function startServer(
  dataDir: string,
  abandoned: () => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: { info() {}, warn: (message) => console.warn(message) },
    settings: {
      // What it holds dies with it, so it need not survive a power cut.
      ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
      max_connections: 400,
      // It goes round all databases, and no test waits for it.
      autovacuum_naptime: '10min',
    },
  });
  // The runners do not tear down when they are interrupted.
  const abandon = () => {
    endDescendants();
    const ticks = new Int32Array(new SharedArrayBuffer(4));
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    for (let tries = 0; existsSync(pidFile) && tries < 100; tries++) Atomics.wait(ticks, 0, 0, 20);
    abandoned();
  };
  process.once('exit', abandon);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
  return {
    url: postgres.url,
    async stop() {
      process.off('exit', abandon);
      await postgres.stop();
    },
  };
}

async function makeTemplate(adminUrl: string): Promise<void> {
  await administer(adminUrl, `CREATE DATABASE ${TEMPLATE}`);
  const url = withDatabase(adminUrl, TEMPLATE);
  await migrate(url);
  // The queue's own tables take longer than all of ours, and every app makes sure of them.
  const queue = new PgBoss({ connectionString: url, schedule: false, supervise: false });
  await queue.start();
  await queue.stop({ graceful: false });
  // A template somebody is connected to cannot be cloned.
  await administer(adminUrl, `ALTER DATABASE ${TEMPLATE} WITH ALLOW_CONNECTIONS false`);
}

/** A migrated, empty database of the caller's own, with all rights. drop() also ends the connections left to it. */
export async function cloneTemplate(adminUrl: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // By files: that costs half of what writing all pages to the WAL does, and dropping it too.
  await administer(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`);
  return {
    url: withDatabase(adminUrl, name),
    drop: () => administer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

export function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
