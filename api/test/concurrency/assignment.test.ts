import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/database/connection.ts';
import { selectModules } from '../../src/modules/index.ts';
import { installClock } from '../simulation/clock.ts';
import { startTestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { holdCounters } from '../support/held-locks.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, command, insertBook, type Nodes, startNodes, tally, times } from '../support/nodes.ts';

let t: Nodes;
beforeAll(async () => {
  t = await startNodes();
});
afterAll(() => t.close());

const countGiven = async (db: Database, bookId: string, userId: string) => {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM coupons WHERE book_id = ${bookId} AND assigned_user_id = ${userId}`.execute(db);
  return rows[0]!.n;
};

test('300 racers for 50 codes: 50 different coupons are given, 250 are told that the book is exhausted', async () => {
  const book = await insertBook(t.db, 50);
  const racers = await t.users(300);
  const replies = await Promise.all(racers.map((racer, n) => assignRandom(t.node(n), racer, book.id)));
  expect(tally(replies)).toEqual({ '200': 50, '409 book-exhausted': 250 });
  const won = replies.filter(({ status }) => status === 200).map(({ body }) => body.code);
  expect(won.sort()).toEqual(book.codes.sort());
  for (const [n, { status, body }] of replies.entries()) {
    if (status === 200) expect(body.ownerId).toBe(racers[n]!.id);
  }
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('the last coupon goes to one of 300 racers, by code too', async () => {
  const book = await insertBook(t.db, 1);
  const racers = await t.users(300);
  const replies = await Promise.all(
    racers.map((racer, n) =>
      n % 4 < 2
        ? assignRandom(t.node(n), racer, book.id)
        : command(t.node(n), racer, 'assign', book.codes[0]!),
    ),
  );
  const { '200': won, '409 book-exhausted': exhausted, '403 not-your-coupon': foreign } = tally(replies);
  expect({ won, lost: exhausted! + foreign! }).toEqual({ won: 1, lost: 299 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test.each([1, 3])(
  'a user is never given more than %i, by all paths and on all nodes at once',
  async (limit) => {
    const book = await insertBook(t.db, 200, { maxAssignmentsPerUser: limit });
    const [user] = (await t.users(1)) as [TestUser];
    const admin = await t.nodes[0].asAdmin();
    const userId = user.id;
    const replies = await Promise.all(
      times(160, (n) => {
        const node = t.node(n);
        const code = book.codes[n]!;
        if (n % 8 < 2) return assignRandom(node, user, book.id);
        if (n % 8 < 4) return command(node, user, 'assign', code);
        if (n % 8 < 6) return assignRandom(node, admin, book.id, { userId });
        return command(node, admin, 'assign', code, { userId });
      }),
    );
    // A code may be one that the user was just given at random.
    const {
      '200': given,
      '409 assignment-limit-reached': over,
      '409 already-assigned': own = 0,
    } = tally(replies);
    expect({ given, refused: over! + own }).toEqual({ given: limit, refused: 160 - limit });
    expect(await countGiven(t.db, book.id, userId)).toBe(limit);
    await checkInvariants(t.db, { bookIds: [book.id] });
  },
);

test('many users at their limits at once, in one crowd: each gets exactly the limit', async () => {
  const book = await insertBook(t.db, 100, { maxAssignmentsPerUser: 2 });
  const users = await t.users(30);
  const replies = await Promise.all(
    times(300, (n) => assignRandom(t.node(n + (n % 7)), users[n % 30]!, book.id)),
  );
  expect(tally(replies)).toEqual({ '200': 60, '409 assignment-limit-reached': 240 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('"limit reached" is said only of a user who has as many: not because of coupons that were not there', async () => {
  const book = await insertBook(t.db, 1, { maxAssignmentsPerUser: 2 });
  const [user] = (await t.users(1)) as [TestUser];
  const replies = await Promise.all(times(20, (n) => assignRandom(t.node(n), user, book.id)));
  expect(tally(replies)).toEqual({ '200': 1, '409 book-exhausted': 19 });
});

test('what a group takes before it knows that it may is given back: counters are exact, and no coupon is lost', async () => {
  const book = await insertBook(t.db, 6, { maxAssignmentsPerUser: 1 });
  const [first, second, disabled, ...others] = (await t.users(7)) as [
    TestUser,
    TestUser,
    TestUser,
    ...TestUser[],
  ];
  const [node] = t.nodes;
  const admin = await node.asAdmin();
  const given = await assignRandom(node, first, book.id, {}, 'first');
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${disabled.id}`.execute(t.db);
  // Everybody got a coupon of the group before, so for these all is taken at once.
  const [repeated, ...replies] = await Promise.all([
    assignRandom(node, first, book.id, {}, 'first'),
    assignRandom(node, first, book.id),
    assignRandom(node, second, book.id),
    assignRandom(node, second, book.id),
    assignRandom(node, disabled, book.id),
    assignRandom(node, admin, book.id, { userId: randomUUID() }),
  ]);
  expect(repeated.text).toBe(given.text);
  expect(tally(replies)).toEqual({
    '200': 1,
    '409 assignment-limit-reached': 2,
    '401 unauthenticated': 1,
    '404 not-found': 1,
  });
  await checkInvariants(t.db, { bookIds: [book.id] });
  for (const user of others) expect(tally([await assignRandom(node, user, book.id)])).toEqual({ '200': 1 });
  const late = await Promise.all((await t.users(5)).map((user) => assignRandom(node, user, book.id)));
  expect(tally(late)).toEqual({ '409 book-exhausted': 5 });
  await checkInvariants(t.db, { bookIds: [book.id] });
  const { rows } = await sql<{ given: number }>`
    SELECT sum(assigned)::integer AS given FROM book_user_counters WHERE book_id = ${book.id}`.execute(t.db);
  expect(rows[0]!.given).toBe(6);
});

test('a claim that is rolled back never makes another see an exhausted book', async () => {
  const book = await insertBook(t.db, 5);
  const users = await t.users(5);
  const holder = await t.connect();
  await holder.query('BEGIN');
  const { rowCount } = await holder.query(
    `UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = $2, assigned_at = clock_timestamp() WHERE book_id = $1`,
    [book.id, users[0]!.id],
  );
  expect(rowCount).toBe(5);
  const claims = users.map((user, n) => assignRandom(t.node(n), user, book.id));
  // Each node has looked, found nothing to take, and tried again.
  const watcher = await t.connect();
  const seen = new Set<string>();
  await eventually(async () => {
    const { rows } = await watcher.query<{ look: string }>(
      `SELECT pid || ' ' || query_start AS look FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'coupon-book 2' AND query LIKE '%SKIP LOCKED%'`,
    );
    for (const { look } of rows) seen.add(look);
    return seen.size >= 4;
  });
  await holder.query('ROLLBACK');
  const replies = await Promise.all(claims);
  expect(tally(replies)).toEqual({ '200': 5 });
  expect(replies.map(({ body }) => body.code).sort()).toEqual(book.codes.sort());
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a claim that is committed makes the others see an exhausted book', async () => {
  const book = await insertBook(t.db, 3);
  const users = await t.users(4);
  const holder = await t.connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT FROM coupons WHERE book_id = $1 FOR UPDATE`, [book.id]);
  const claims = users.slice(1).map((user, n) => assignRandom(t.node(n), user, book.id));
  await holder.query(
    `WITH given AS (UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = $2, assigned_at = clock_timestamp()
                    WHERE book_id = $1 RETURNING id),
          told AS (INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, occurred_at)
                   SELECT 'coupon.assigned', $1, id, $2, $2, clock_timestamp() FROM given)
     INSERT INTO book_user_counters SELECT $1, $2, count(*) FROM given`,
    [book.id, users[0]!.id],
  );
  await holder.query('COMMIT');
  expect(tally(await Promise.all(claims))).toEqual({ '409 book-exhausted': 3 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a coupon held by another makes the claims pass it over, not wait for it', async () => {
  const book = await insertBook(t.db, 20);
  const users = await t.users(19);
  const holder = await t.connect();
  await holder.query('BEGIN');
  await holder.query(`SELECT FROM coupons WHERE code = $1 FOR UPDATE`, [book.codes[7]]);
  const replies = await Promise.all(users.map((user, n) => assignRandom(t.node(n), user, book.id)));
  await holder.query('ROLLBACK');
  expect(tally(replies)).toEqual({ '200': 19 });
  expect(replies.map(({ body }) => body.code)).not.toContain(book.codes[7]);
});

test('a book that ends while claims wait gives nothing after its end', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const clock = await installClock(database.url, Date.parse('2026-03-01T12:00:00Z'));
  onTestFinished(() => clock.close());
  const node = await startTestApp({ databaseUrl: clock.url, modules: selectModules(['coupons']) });
  onTestFinished(() => node.close());
  const expiresAt = new Date('2026-03-01T12:00:01Z');
  const book = await insertBook(node.db, 100, { maxAssignmentsPerUser: 5, expiresAt });
  const user = await node.asUser();
  // The claim waits for the user's counter.
  await sql`INSERT INTO book_user_counters VALUES (${book.id}, ${user.id}, 0)`.execute(node.db);
  const counters = await holdCounters(database.url, book.id);
  const claim = assignRandom(node, user, book.id);
  await eventually(() => counters.isWaitedFor());
  await clock.set(expiresAt.getTime());
  await counters.release();
  expect(tally([await claim])).toEqual({ '409 book-not-active': 1 });
  expect(await countGiven(node.db, book.id, user.id)).toBe(0);
  await checkInvariants(node.db, { bookIds: [book.id] });
});
