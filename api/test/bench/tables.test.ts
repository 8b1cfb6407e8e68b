import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addBook, addCoupons, addUsers, emptyTables } from '../../../bench/harness/stage.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let sql: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new pg.Client(database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function countRows(): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ name: string }>(`
    SELECT DISTINCT table_name AS name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name IN ('coupon_id', 'assigned_user_id')`);
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const { rows: counted } = await sql.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`);
    counts[name] = counted[0]!.n;
  }
  return counts;
}

test('between two turns of the benchmark no table keeps anything of the coupons of the turn before', async () => {
  const owners = await addUsers(sql, 3);
  const bookId = await addBook(sql, 'turns');
  await addCoupons(sql, { bookId, prefix: 'T-', count: 5, owners, state: 'LOCKED' });
  expect(await countRows()).toMatchObject({ coupons: 5, coupon_codes: 5, lock_ends: 5 });

  await emptyTables(sql);
  expect([...new Set(Object.values(await countRows()))]).toEqual([0]);

  // The same codes, as the next turn sends them.
  await addCoupons(sql, { bookId, prefix: 'T-', count: 5 });
  expect(await countRows()).toMatchObject({ coupons: 5, coupon_codes: 5, lock_ends: 0 });
});
