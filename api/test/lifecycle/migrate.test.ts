import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { isTimeout } from '../../src/database/errors.ts';
import { migrate } from '../../src/database/migrate.ts';
import { OLD_APPLICATION } from '../../src/database/session.ts';
import { withDatabase } from '../support/test-postgres.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
/** Files up to 0017: what changes the busiest tables comes after. */
const OLD_FILES = 16;

let url: string;

async function open(databaseUrl: string, application_name?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A database of an earlier version, with a book of coupons. */
beforeEach(async () => {
  const adminUrl = inject('adminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = await open(adminUrl);
  await admin.query(`CREATE DATABASE ${name}`);
  url = withDatabase(adminUrl, name);
  onTestFinished(async () => {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
  const client = await open(url);
  const options = { dir: MIGRATIONS, direction: 'up', migrationsTable: 'migrations' } as const;
  await runner({ ...options, dbClient: client, count: OLD_FILES, log: () => undefined });
  await client.query(`INSERT INTO books (name, lock_ttl_seconds) VALUES ('Old', 300)`);
  await client.query(`INSERT INTO users (email) VALUES ('old@example.org')`);
  await client.query(
    `INSERT INTO coupons (book_id, code, state, assigned_user_id, assigned_at)
     SELECT books.id, 'OLD-' || n, 'ASSIGNED', users.id, clock_timestamp() FROM books, users, generate_series(1, 100) AS n`,
  );
  await client.end();
});

/** Writes as the commands and jobs of the version of before do, until it is told to stop. */
async function keepWriting(signal: AbortSignal, wrote: () => void): Promise<void> {
  const client = await open(url, OLD_APPLICATION);
  for (let n = 1; !signal.aborted; n = (n % 100) + 1) {
    // Uploads, and undoes them half the time.
    await client.query(
      `INSERT INTO coupons (book_id, code) SELECT id, upper(gen_random_uuid()::text) FROM books
       UNION ALL SELECT id, 'OLD-1' FROM books ON CONFLICT (code) DO NOTHING`,
    );
    if (n % 2 === 0)
      await client.query(
        `DELETE FROM coupons WHERE id IN (SELECT id FROM coupons WHERE state = 'UNASSIGNED' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED)`,
      );
    await client.query('BEGIN');
    await client.query(`SELECT FROM coupons WHERE code = 'OLD-' || $1::text FOR UPDATE SKIP LOCKED`, [n]);
    await client.query(`UPDATE coupons SET updated_at = clock_timestamp() WHERE code = 'OLD-' || $1::text`, [
      n,
    ]);
    await client.query(
      `INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, occurred_at)
       SELECT 'coupon.locked', book_id, id, assigned_user_id, assigned_user_id, clock_timestamp()
       FROM coupons WHERE code = 'OLD-' || $1::text`,
      [n],
    );
    await client.query('COMMIT');
    wrote();
  }
  await client.end();
}

/** As a server that starts does it: again, when the machine was too busy for it to get its tables in time. @returns what was applied */
async function upgrade(): Promise<string[]> {
  const client = await open(url);
  const listApplied = async () =>
    (await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')).rows.map(
      ({ name }) => name,
    );
  const before = await listApplied();
  for (;;) {
    try {
      await migrate(url);
      break;
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
  }
  const applied = (await listApplied()).slice(before.length);
  await client.end();
  return applied;
}

test('an upgrade while the version of before writes: neither fails, and the writing goes on', async () => {
  const stopping = new AbortController();
  let writes = 0;
  const writers = Array.from({ length: 8 }, () => keepWriting(stopping.signal, () => (writes += 1)));
  const applied = await upgrade();
  const before = writes;
  while (writes < before + 20) await Promise.race([new Promise(setImmediate), ...writers]);
  const client = await open(url);
  const hasOldShape = async () =>
    (await client.query(`SELECT FROM pg_class WHERE oid = to_regclass('coupons_code_key')`)).rows.length > 0;
  expect(await hasOldShape()).toBe(true);
  stopping.abort();
  await Promise.all(writers);
  expect(applied).toContain('0018_trail_and_batches');
  expect(await listUnregistered()).toEqual([]);
  // What the version of before needs was there as long as it ran, and goes with the first start after it.
  while (await hasOldShape()) expect(await upgrade()).toEqual([]);
  expect(await listUnregistered()).toEqual([]);
  await client.end();
});

/** Codes of which coupons and register do not say the same. */
async function listUnregistered(): Promise<unknown[]> {
  const client = await open(url);
  const { rows } = await client.query(
    `SELECT * FROM (SELECT id, book_id, code FROM coupons) c
     FULL JOIN (SELECT coupon_id AS id, book_id, code FROM coupon_codes) r USING (id, book_id, code)
     WHERE c IS NULL OR r IS NULL`,
  );
  await client.end();
  return rows;
}

test('filling the register reads each coupon once, however many there are', async () => {
  const client = await open(url);
  await client.query(
    `INSERT INTO coupons (book_id, code) SELECT id, 'FREE-' || n FROM books, generate_series(1, 50000) AS n`,
  );
  await client.query('ANALYZE coupons');
  // The key by which they are read stays as long as the version of before runs.
  const old = await open(url, OLD_APPLICATION);
  const countReads = async () => {
    // A session counts what it read when it ends.
    for (;;) {
      const { rows } = await client.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
      );
      if (rows.length === 2) break;
    }
    const { rows } = await client.query<{ reads: number }>(
      `SELECT idx_tup_read::integer AS reads FROM pg_stat_user_indexes WHERE indexrelname = 'coupons_pkey'`,
    );
    return rows[0]!.reads;
  };
  const before = await countReads();
  await upgrade();
  const reads = (await countReads()) - before;
  expect(reads).toBeGreaterThanOrEqual(50_100);
  expect(reads).toBeLessThan(2 * 50_100);
  expect(await listUnregistered()).toEqual([]);
  await old.end();
  await client.end();
});

test('the register of codes agrees with the coupons, also when coupons of before go while it is filled', async () => {
  const client = await open(url);
  await client.query(
    `INSERT INTO coupons (book_id, code) SELECT id, 'FREE-' || n FROM books, generate_series(1, 30000) AS n`,
  );
  let isOver = false;
  const migrated = upgrade().finally(() => (isOver = true));
  for (let n = 1; !isOver || n < 300; n += 1)
    await client.query(`DELETE FROM coupons WHERE code IN ('FREE-' || $1::int, 'FREE-' || 30001 - $1::int)`, [
      n,
    ]);
  await migrated;
  expect(await listUnregistered()).toEqual([]);
  await expect(
    client.query(`INSERT INTO coupons (book_id, code) SELECT id, 'OLD-7' FROM books`),
  ).rejects.toThrow('duplicate key');
  await expect(client.query(`UPDATE coupons SET code = 'NEW-7' WHERE code = 'OLD-7'`)).rejects.toThrow(
    'keeps its code',
  );
  await client.end();
});

test('while a backup holds a table, an upgrade gives up for now and lets the others through', async () => {
  const backup = await open(url);
  await backup.query('BEGIN');
  await backup.query('LOCK TABLE events IN ACCESS SHARE MODE');
  await expect(migrate(url)).rejects.toThrow('statement timeout');
  const stopping = new AbortController();
  await keepWriting(stopping.signal, () => stopping.abort());
  await backup.query('COMMIT');
  expect(await upgrade()).toContain('0018_trail_and_batches');
  await backup.end();
});
