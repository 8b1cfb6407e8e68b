import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startTestApp, type TestUser } from '../support/app.ts';
import { insertBook } from '../support/nodes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** How many statements a server with this other address for sessions keeps on its connection, after a command. */
async function countKept(databaseDirectUrl: string): Promise<number> {
  const api = await startTestApp({
    databaseUrl: database.url,
    config: { databasePoolSize: 1, databaseUrl: database.url, databaseDirectUrl },
  });
  try {
    const user = await api.asUser();
    const { id: bookId } = await insertBook(api.db, 1);
    const { statusCode } = await api.app.inject({
      method: 'POST',
      url: '/api/v1/coupons/assign/random',
      headers: user.headers,
      payload: { bookId },
    });
    expect(statusCode).toBe(200);
    const { rows } = await sql<{ kept: number }>`SELECT count(*) AS kept FROM pg_prepared_statements`.execute(
      api.db,
    );
    return rows[0]!.kept;
  } finally {
    await api.close();
  }
}

test('commands are prepared once where the database is asked directly, and nothing is behind a PgBouncer', async () => {
  expect(await countKept(database.url)).toBeGreaterThan(5);
  const another = new URL(database.url);
  another.searchParams.set('application_name', 'direct');
  expect(await countKept(another.href)).toBe(0);
});

/** Of each table, before it is large enough that reading all of it would show. */
const ROWS = 2_000;

test('what was planned when the tables were empty still looks up few rows when they are large', async () => {
  const own = await createTestDatabase();
  onTestFinished(() => own.drop());
  // One connection, so that it can say all that was read.
  const api = await startTestApp({ databaseUrl: own.url, config: { databasePoolSize: 1 } });
  onTestFinished(() => api.close());
  await sql`ANALYZE`.execute(api.db);
  const [user, admin] = [await api.asUser(), await api.asAdmin()];
  const { id: bookId, codes } = await insertBook(api.db, 8);

  const command = async (path: string, { headers }: TestUser, payload: object) => {
    const { statusCode } = await api.app.inject({
      method: 'POST',
      url: `/api/v1/coupons/${path}`,
      headers: { ...headers, 'idempotency-key': randomUUID() },
      payload,
    });
    return statusCode;
  };
  /** Every command once; the coupon may have been given at random before. */
  const everyCommand = async (code: string) => {
    expect([200, 409]).toContain(await command(`assign/${code}`, admin, { userId: user.id }));
    expect(await command('assign/random', user, { bookId })).toBe(200);
    for (const name of ['lock', 'unlock', 'lock', 'redeem'])
      expect(await command(`${name}/${code}`, user, {})).toBe(200);
  };
  const readSoFar = async () => {
    await sql`SELECT pg_stat_force_next_flush()`.execute(api.db);
    const { rows } = await sql<{ name: string; read: number }>`
      SELECT relname AS name, seq_tup_read + (
        SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid) AS read
      FROM pg_stat_user_tables t WHERE schemaname = 'public'`.execute(api.db);
    return new Map(rows.map(({ name, read }) => [name, Number(read)]));
  };

  await everyCommand(codes[0]!);
  const { id: otherId } = await insertBook(api.db, ROWS);
  await sql`INSERT INTO users (email) SELECT n || '@example.test' FROM generate_series(1, ${ROWS}::int) n`.execute(
    api.db,
  );
  await sql`INSERT INTO book_user_counters (book_id, user_id, assigned) SELECT ${otherId}, id, 0 FROM users`.execute(
    api.db,
  );
  await sql`
    INSERT INTO idempotency_keys (key_hash, fingerprint, status, body)
    SELECT sha256(n::text::bytea), sha256('x'), 200, '' FROM generate_series(1, ${ROWS}::int) n`.execute(
    api.db,
  );

  const before = await readSoFar();
  await everyCommand(codes[1]!);
  const whole = [...(await readSoFar())].filter(([name, read]) => read - before.get(name)! >= ROWS);
  expect(whole).toEqual([]);
});
