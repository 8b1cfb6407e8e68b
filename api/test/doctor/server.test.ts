import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrate.ts';
import { examine } from '../../src/doctor/examine.ts';
import { finding } from '../../src/doctor/finding.ts';
import { listInactiveSlots, listPreparedTransactions } from '../../src/doctor/queries.ts';
import { superuserUrl } from '../../src/embedded-postgres/cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { rowsOf } from '../support/stage.ts';

/** A server that somebody has set up badly. */
const SETTINGS = {
  ...{ fsync: 'off', full_page_writes: 'off', autovacuum: 'off', wal_compression: 'pglz' },
  ...{ max_connections: 8, superuser_reserved_connections: 3, max_prepared_transactions: 2 },
};

const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-doctor-'));
let postgres: EmbeddedPostgres;
let db: Database;
beforeAll(async () => {
  const log = { info() {}, warn() {} };
  postgres = await startEmbeddedPostgres({ dataDir, log, settings: SETTINGS });
  await migrate(postgres.url);
  db = open(postgres.url);
});
afterAll(async () => {
  await db.destroy();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

const open = (url: string) =>
  openDatabase({
    url: () => url,
    ...{ poolSize: 1, maxWaiting: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });

test('a server that loses and slows changes is found so, each setting by its name', async () => {
  const details = (await examine(db, { data: true })).map(({ reason, detail }) => `${reason}: ${detail}`);
  expect(details).toEqual(
    expect.arrayContaining([
      'not-durable: fsync is off: after a crash, acknowledged changes may be lost.',
      'not-durable: full_page_writes is off: after a crash, acknowledged changes may be lost.',
      'autovacuum-off: Autovacuum is off: tables grow, and in the end PostgreSQL stops taking changes.',
      'slow-wal-compression: wal_compression is pglz, which doubles the CPU of an assignment.',
      expect.stringMatching(/^few-connections: Only \d more connections are possible\.$/),
      'no-admin: No enabled account is an administrator.',
    ]),
  );
});

test('a database that is not in UTF-8 is found', async () => {
  await rowsOf(
    superuserUrl(postgres.url, dataDir),
    `CREATE DATABASE latin OWNER coupon_book ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
  );
  const latin = open(Object.assign(new URL(postgres.url), { pathname: 'latin' }).href);
  try {
    const details = (await examine(latin, { data: true })).map(({ detail }) => detail);
    expect(details).toContain('The database has the encoding LATIN1.');
  } finally {
    await latin.destroy();
  }
});

test('a prepared transaction and a slot that were forgotten are found, and what is said about them ends them', async () => {
  const administrator = open(superuserUrl(postgres.url, dataDir));
  try {
    await sql.raw("BEGIN; CREATE TABLE pending (); PREPARE TRANSACTION 'it''s pending'").execute(db);
    await sql`SELECT pg_create_physical_replication_slot('forgotten', true)`.execute(administrator);
    const [prepared] = await listPreparedTransactions(db, 0);
    const [slot] = await listInactiveSlots(db);
    expect([prepared, slot]).toEqual([
      { gid: "it's pending", minutes: 0 },
      { name: 'forgotten', megabytes: expect.any(Number) as number },
    ]);
    for (const { run } of [finding('prepared-transaction', prepared!), finding('inactive-slot', slot!)])
      await sql.raw(run.join('')).execute(run[0]!.startsWith('ROLLBACK') ? db : administrator);
    expect(await listPreparedTransactions(db, 0)).toEqual([]);
    expect(await listInactiveSlots(db)).toEqual([]);
  } finally {
    await administrator.destroy();
  }
});
