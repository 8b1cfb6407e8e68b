import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startTestApp } from '../support/app.ts';
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
