import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/connection.ts';
import { foldBookCounts } from '../../src/modules/books/queries.ts';
import { examine, judgeServer } from '../../src/doctor/examine.ts';
import type { FindingReason } from '../../src/doctor/finding.ts';
import {
  findServerFacts,
  listBlockedSessions,
  listOldTransactions,
  type ServerFacts,
} from '../../src/doctor/queries.ts';
import type { TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { command, insertBook, type Nodes, startNodes, type TestBook } from '../support/nodes.ts';

let t: Nodes;
let user: TestUser;
let book: TestBook;
beforeAll(async () => {
  t = await startNodes();
  await sql`INSERT INTO users (email, role) VALUES ('boss@example.test', 'ADMIN')`.execute(t.db);
});
afterAll(() => t.close());

beforeEach(async () => {
  [user] = (await t.users(1)) as [TestUser];
  book = await insertBook(t.db, 3, { maxRedemptions: 2 });
  for (const name of ['assign', 'lock', 'redeem'] as const)
    await command(t.node(0), user, name, book.codes[0]!);
  await command(t.node(0), user, 'assign', book.codes[1]!);
});

/** Tests run on a database that need not survive a crash; other files may keep its server busy. */
const OF_TESTS: readonly FindingReason[] = [
  'not-durable',
  'few-connections',
  'old-transaction',
  'blocked-session',
];

async function look(db: Database = t.db) {
  const findings = await examine(db, { data: true });
  return findings.filter(({ reason }) => !OF_TESTS.includes(reason));
}
const reasons = async (db?: Database) => (await look(db)).map(({ reason }) => reason);

test('a service that is well has nothing found', async () => {
  expect(await look()).toEqual([]);
});

test('each setting that hurts is named', async () => {
  const facts = await findServerFacts(t.db);
  const well: ServerFacts = {
    ...facts,
    fsync: 'on',
    fullPageWrites: 'on',
    synchronousCommit: 'on',
    freeConnections: 50,
    now: new Date(),
  };
  expect(judgeServer(well)).toEqual([]);
  const cases: [Partial<ServerFacts>, FindingReason][] = [
    [{ version: '14.9', versionNumber: 140_009 }, 'old-postgres'],
    [{ encoding: 'LATIN1' }, 'not-utf8'],
    [{ readOnly: true }, 'read-only'],
    [{ fsync: 'off' }, 'not-durable'],
    [{ synchronousCommit: 'off' }, 'not-durable'],
    [{ fullPageWrites: 'off' }, 'not-durable'],
    [{ walCompression: 'pglz' }, 'slow-wal-compression'],
    [{ autovacuum: 'off' }, 'autovacuum-off'],
    [{ freeConnections: 1 }, 'few-connections'],
    [{ now: new Date(Date.now() - 60_000) }, 'clock-differs'],
    [{ transactionAge: 1_500_000_000 }, 'transaction-ids'],
  ];
  for (const [change, reason] of cases) {
    const found = judgeServer({ ...well, ...change });
    expect(found.map((finding) => finding.reason)).toEqual([reason]);
    expect(found[0]!.advice).not.toBe('');
  }
});

test('a database that takes no changes is found', async () => {
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(t.db);
  const name = sql.id(rows[0]!.name);
  await sql`ALTER DATABASE ${name} SET default_transaction_read_only = on`.execute(t.db);
  const db = openDatabase({
    url: () => t.nodes[0].databaseUrl,
    ...{ poolSize: 1, maxWaiting: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });
  try {
    expect(await reasons(db)).toEqual(['read-only']);
  } finally {
    await db.destroy();
    await sql`ALTER DATABASE ${name} RESET default_transaction_read_only`.execute(t.db);
  }
});

test('a database that cannot be reached is a finding, not a failure', async () => {
  const db = openDatabase({
    url: () => 'postgres://nobody@127.0.0.1:1/nothing',
    ...{ poolSize: 1, maxWaiting: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });
  expect(await reasons(db)).toEqual(['unreachable']);
  await db.destroy();
});

test('migrations that are missing, or newer than the program, are found', async () => {
  const { rows } = await sql<{ name: string }>`
    UPDATE migrations SET name = '9999_of_tomorrow' WHERE id = (SELECT max(id) FROM migrations)
    RETURNING (SELECT max(name) FROM migrations) AS name`.execute(t.db);
  try {
    expect(await reasons()).toEqual(['migrations-missing', 'migrations-unknown']);
  } finally {
    await sql`UPDATE migrations SET name = ${rows[0]!.name} WHERE name = '9999_of_tomorrow'`.execute(t.db);
  }
});

test('a right that was taken away is found, with the statement that gives it back', async () => {
  await sql`REVOKE INSERT ON sessions FROM current_user`.execute(t.db);
  try {
    const [found, ...others] = await look();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ reason: 'rights-missing', severity: 'error' });
    expect(found!.run).toEqual([expect.stringMatching(/^GRANT .*INSERT.* ON public\.sessions TO .*;$/)]);
    for (const statement of found!.run) await sql.raw(statement).execute(t.db);
    expect(await reasons()).toEqual([]);
  } finally {
    await sql`GRANT INSERT ON sessions TO current_user`.execute(t.db);
  }
});

test('an index that is invalid is found', async () => {
  await sql`UPDATE coupons SET metadata = '{"a": 1}' WHERE id = ${await idOf(book.codes[0]!)}`.execute(t.db);
  await sql`UPDATE coupons SET metadata = '{"a": 1}' WHERE id = ${await idOf(book.codes[1]!)}`.execute(t.db);
  // It fails on the two equal values, and stays.
  await expect(
    sql`CREATE UNIQUE INDEX CONCURRENTLY broken_index ON coupons (metadata)`.execute(t.db),
  ).rejects.toThrow();
  expect(await reasons()).toEqual(['invalid-index']);
  await sql`DROP INDEX broken_index`.execute(t.db);
});

test('sessions that wait for a lock are found, with those that hold it', async () => {
  const [holder, waiter] = [await t.connect(), await t.connect()];
  await holder.query('BEGIN; LOCK TABLE access_links IN ACCESS EXCLUSIVE MODE');
  const waiting = waiter.query('SELECT FROM access_links');
  const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const blocked = await eventually(async () => (await listBlockedSessions(t.db, 0))[0]);
  expect(blocked).toMatchObject({ blockedBy: String(rows[0]!.pid) });
  await holder.query('ROLLBACK');
  await waiting;
});

test('a transaction that stays open is found', async () => {
  const idle = await t.connect();
  await idle.query("SET application_name = 'forgotten'; BEGIN; SELECT 1");
  expect(await listOldTransactions(t.db, 0)).toContainEqual(
    expect.objectContaining({ application: 'forgotten', minutes: 0 }),
  );
  await idle.query('ROLLBACK');
});

test('a relay that has stopped, and webhooks that fail, are found', async () => {
  await sql`INSERT INTO relays (name, from_snapshot, stopped_at) VALUES ('sqs', '3', clock_timestamp())`.execute(
    t.db,
  );
  await sql`INSERT INTO webhooks (url, types, secret, failing_since)
            VALUES ('https://example.org', '{coupon.locked}', decode(repeat('00', 32), 'hex'), clock_timestamp())`.execute(
    t.db,
  );
  expect(await reasons()).toEqual(['relay-stopped', 'webhooks-failing']);
  await sql`DELETE FROM relays`.execute(t.db);
  await sql`DELETE FROM webhooks`.execute(t.db);
});

test('what the background leaves undone is found', async () => {
  await command(t.node(0), user, 'lock', book.codes[1]!);
  await sql`UPDATE coupons SET locked_at = locked_at - interval '1 hour', lock_expires_at = lock_expires_at - interval '1 hour'
            WHERE code = ${book.codes[1]}`.execute(t.db);
  await sql`INSERT INTO jobs (kind, book_id, created_by, input, created_at)
            VALUES ('generate', ${book.id}, ${user.id}, '{}', clock_timestamp() - interval '7 minutes')`.execute(
    t.db,
  );
  await sql`INSERT INTO jobs (kind, created_by, input, status, finished_at)
            VALUES ('generate', ${user.id}, '{}', 'failed', clock_timestamp())`.execute(t.db);
  await sql`INSERT INTO book_count_deltas (book_id, assigned) SELECT ${book.id}, 1 FROM generate_series(1, 60000)`.execute(
    t.db,
  );
  await sql`INSERT INTO book_count_deltas (book_id, assigned) SELECT ${book.id}, -1 FROM generate_series(1, 60000)`.execute(
    t.db,
  );
  await sql`UPDATE signing_keys SET created_at = created_at - interval '100 days'`.execute(t.db);
  const findings = await look();
  expect(findings.map(({ reason, values }) => [reason, values])).toEqual([
    ['locks-not-swept', { count: 1, minutes: expect.any(Number) as number }],
    ['counts-not-folded', { rows: expect.any(Number) as number }],
    ['jobs-not-run', { count: 1, minutes: 7 }],
    ['old-signing-key', { days: 100 }],
    ['jobs-failed', { count: 1 }],
  ]);
  await sql`DELETE FROM jobs`.execute(t.db);
  await foldBookCounts(t.db);
  await sql`UPDATE signing_keys SET created_at = created_at + interval '100 days'`.execute(t.db);
  await sql`UPDATE coupons SET lock_expires_at = clock_timestamp() + interval '1 hour', locked_at = clock_timestamp()
            WHERE code = ${book.codes[1]}`.execute(t.db);
});

test('accounts that somebody must look after are found', async () => {
  await sql`UPDATE users SET initial_password = true WHERE email = 'boss@example.test'`.execute(t.db);
  expect((await look()).map(({ reason, values }) => [reason, values])).toEqual([
    ['initial-password', { email: 'boss@example.test' }],
  ]);
  await sql`UPDATE users SET initial_password = false, disabled_at = clock_timestamp() WHERE role = 'ADMIN'`.execute(
    t.db,
  );
  expect(await reasons()).toEqual(['no-admin']);
  await sql`UPDATE users SET disabled_at = NULL WHERE email = 'boss@example.test'`.execute(t.db);
  await sql`UPDATE users SET email_clash = true WHERE id = ${user.id}`.execute(t.db);
  expect((await look()).map(({ reason, values }) => [reason, values])).toEqual([
    ['email-clashes', { count: 1 }],
  ]);
  await sql`UPDATE users SET email_clash = false WHERE id = ${user.id}`.execute(t.db);
});

test('data that are not as they must be are found, with an example of each', async () => {
  const breakAndMend = async (broken: string, mended: string, expected: FindingReason[]) => {
    await sql.raw(broken).execute(t.db);
    const found = await look();
    await sql.raw(mended).execute(t.db);
    expect(found.map(({ reason }) => reason)).toEqual(expected);
    for (const { values } of found) expect(values).toMatchObject({ bookId: book.id, count: 1 });
  };
  await breakAndMend(
    `UPDATE book_user_counters SET assigned = assigned + 1 WHERE book_id = '${book.id}'`,
    `UPDATE book_user_counters SET assigned = assigned - 1 WHERE book_id = '${book.id}'`,
    ['broken-counter'],
  );
  await breakAndMend(
    `INSERT INTO book_count_deltas (book_id, assigned) VALUES ('${book.id}', 1)`,
    `INSERT INTO book_count_deltas (book_id, assigned) VALUES ('${book.id}', -1)`,
    ['broken-counts'],
  );
  await breakAndMend(
    `UPDATE coupons SET redemption_count = 2 WHERE code = '${book.codes[0]}'`,
    `UPDATE coupons SET redemption_count = 1 WHERE code = '${book.codes[0]}'`,
    ['broken-redemptions'],
  );
  await breakAndMend(
    `UPDATE coupons SET state = 'REDEEMED', redemption_count = 1, redeemed_at = clock_timestamp() WHERE code = '${book.codes[1]}'`,
    `UPDATE coupons SET state = 'ASSIGNED', redemption_count = 0, redeemed_at = NULL WHERE code = '${book.codes[1]}'`,
    ['broken-redemptions', 'broken-trail'],
  );
});

test('of many books with broken data, a page speaks of the first ones and counts the others', async () => {
  const others = await Promise.all([1, 2].map(() => insertBook(t.db, 1)));
  for (const { id } of others)
    await sql`INSERT INTO book_count_deltas (book_id, assigned) VALUES (${id}, 1)`.execute(t.db);
  const findings = await examine(t.db, { data: true, mostBooks: 1 });
  const broken = findings.filter(({ reason }) => /broken/.test(reason));
  expect(broken.map(({ reason, values }) => [reason, 'count' in values && values.count])).toEqual([
    ['broken-counts', 1],
    ['more-broken-books', 1],
  ]);
  for (const { id } of others)
    await sql`INSERT INTO book_count_deltas (book_id, assigned) VALUES (${id}, -1)`.execute(t.db);
});

const idOf = async (code: string) =>
  (await sql<{ id: number }>`SELECT id FROM coupons WHERE code = ${code}`.execute(t.db)).rows[0]!.id;
