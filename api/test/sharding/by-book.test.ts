import { randomUUID } from 'node:crypto';
import type { CompiledQuery } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PooledConnection } from '../../src/database/pooled-connection.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, command, insertBook, type TestBook } from '../support/nodes.ts';
import { partitionByBook, partitionsOf } from '../support/partitions.ts';

// A stand-in for a database that is split by book: each book has its rows in one partition of each table.

/** Random assignments until they take one trip, and some more. */
const USERS = 8;
const TABLES = /\b(coupons|book_user_counters|events|redemption_history)\b/;

let database: TestDatabase;
let app: TestApp;
let client: pg.Client;
let book: TestBook;
/** What was sent about coupons while commands on one book were carried out; each text once. */
const statements = new Map<string, CompiledQuery>();

beforeAll(async () => {
  database = await createTestDatabase();
  await partitionByBook(database.url);
  app = await startTestApp({ databaseUrl: database.url });
  client = new pg.Client(database.url);
  await client.connect();
  book = await insertBook(app.db, 40);
  const users = await Promise.all(Array.from({ length: USERS }, () => app.asUser()));
  const execute = PooledConnection.prototype.executeQuery;
  const spy = vi.spyOn(PooledConnection.prototype, 'executeQuery').mockImplementation(function <R>(
    this: PooledConnection,
    query: CompiledQuery,
  ) {
    if (TABLES.test(query.sql)) statements.set(query.sql, query);
    return execute.call(this, query) as ReturnType<PooledConnection['executeQuery']> as Promise<never> & R;
  });
  for (const key of [undefined, () => randomUUID()]) for (const user of users) await journey(user, key);
  // Refused, so what is sent next goes the usual way, a redemption too.
  const given = await assignRandom(app, users[0]!, book.id);
  const code = given.body.code as string;
  for (const [name, status] of [
    ['redeem', 400],
    ['lock', 200],
    ['redeem', 200],
  ] as const)
    expect((await command(app, users[0]!, name, code)).status).toBe(status);
  const free = await client.query<{ code: string }>(
    `SELECT code FROM coupons WHERE assigned_user_id IS NULL LIMIT 1`,
  );
  expect((await command(app, users[0]!, 'assign', free.rows[0]!.code)).status).toBe(200);
  spy.mockRestore();
});

afterAll(async () => {
  await client.end();
  await app.close();
  await database.drop();
});

/** A coupon is given, locked, unlocked, locked again and redeemed. */
async function journey(user: TestUser, key?: () => string): Promise<void> {
  const given = await assignRandom(app, user, book.id, {}, key?.());
  expect(given.status).toBe(200);
  for (const name of ['lock', 'unlock', 'lock', 'redeem'] as const)
    expect((await command(app, user, name, given.body.code as string, {}, key?.())).status).toBe(200);
}

test('the journeys of a book go as they do where it is not split', async () => {
  const { rows } = await client.query(
    `SELECT (SELECT count(*)::int FROM coupons WHERE state = 'REDEEMED') AS redeemed,
            (SELECT count(*)::int FROM redemption_history) AS redemptions, (SELECT count(*)::int FROM events) AS events`,
  );
  expect(rows).toEqual([{ redeemed: 2 * USERS + 1, redemptions: 2 * USERS + 1, events: 10 * USERS + 4 }]);
  await checkInvariants(app.db);
});

test('each statement of a command on coupons touches the partition of its book alone', async () => {
  expect(statements.size).toBeGreaterThan(10);
  const wide: string[] = [];
  for (const { sql, parameters } of statements.values()) {
    const touched = await partitionsOf(client, sql, [...parameters]);
    if (new Set(touched.map((name) => name.slice(-1))).size > 1) wide.push(`${touched.join()}: ${sql}`);
  }
  expect(wide).toEqual([]);
});

test('no plan reads a whole book, also when it is made while the tables are empty, and kept', async () => {
  const empty = await createTestDatabase();
  const planner = new pg.Client(empty.url);
  await planner.connect();
  await planner.query('ANALYZE');
  for (const join of ['hashjoin', 'mergejoin']) await planner.query(`SET enable_${join} = off`);
  await planner.query('SET enable_seqscan = off');
  const wide: string[] = [];
  for (const text of statements.keys()) {
    // The usual way writes coupons back by a join: jobs change 10,000 by it. And these look for what is free, up to a limit.
    if (/UPDATE coupons c SET\s+state = u\.state|assigned_user_id IS NULL/.test(text)) continue;
    const { rows } = await planner.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${text}`);
    const plan = rows.map((row) => row['QUERY PLAN']);
    plan.forEach((line, index) => {
      if (!/Scan using \w+ on (coupons|redemption_history)\b/.test(line)) return;
      if (!/Index Cond: .*\b(coupon_)?id = /.test(plan[index + 1]!.replaceAll('book_id', '')))
        wide.push(text);
    });
  }
  await planner.end();
  await empty.drop();
  expect(wide).toEqual([]);
});

test('each statement of a command on coupons names the book, also where it locks rows', () => {
  const named = /\bbook_id = (\$\d|ANY\(\$\d)/;
  const inserts = /\bINSERT INTO \w+( AS \w+)? \([^)]*\bbook_id\b/;
  const without = [...statements.keys()].filter((text) => !named.test(text) && !inserts.test(text));
  expect(without).toEqual([]);
});

test('no statement of a command on coupons takes what it stores or returns from the clock', () => {
  const stored = /\b(SET|RETURNING)\b([^]*?)(?=\b(FROM|WHERE)\b|$)/g;
  const clock = /clock_timestamp|\bnow\(\)|current_timestamp|random\(\)/i;
  const wrong = [...statements.keys()].filter((text) =>
    [...text.matchAll(stored)].some(([, , values]) => clock.test(values!)),
  );
  expect(wrong).toEqual([]);
});

test('no index of coupons has what locking and redeeming change, so that these updates write none', async () => {
  const { rows } = await client.query<{ definition: string }>(
    `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = 'coupons'::regclass`,
  );
  const changed = /\b(state|locked_\w+|lock_expires_at|redeemed_at|redemption_count|updated_at)\b/;
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows.filter(({ definition }) => changed.test(definition))).toEqual([]);
});
