import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepExpiredLocks } from '../../src/modules/coupons/sweep.ts';
import type { TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  type BookOptions,
  command,
  hasTried,
  insertBook,
  type Nodes,
  startNodes,
  tally,
  times,
} from '../support/nodes.ts';

let t: Nodes;
beforeAll(async () => {
  t = await startNodes();
});
afterAll(() => t.close());

/** A book whose coupons `user` has locked, or only been given. */
async function lockedBook(user: TestUser, count: number, options: BookOptions & { lock?: boolean } = {}) {
  const book = await insertBook(t.db, count, options);
  for (const name of options.lock === false ? (['assign'] as const) : (['assign', 'lock'] as const)) {
    const replies = await Promise.all(book.codes.map((code, n) => command(t.node(n), user, name, code)));
    expect(tally(replies)).toEqual({ '200': count });
  }
  return book;
}

/** Makes the locks of a book end at given times from now, as if they had been taken a TTL before. */
async function endLocks(codes: readonly string[], milliseconds: readonly number[]): Promise<void> {
  await sql`
    UPDATE coupons SET locked_at = clock_timestamp() - interval '1 hour', lock_expires_at = clock_timestamp() + e.ms * interval '1 ms'
    FROM unnest(${codes}::text[], ${milliseconds}::integer[]) AS e(code, ms) WHERE coupons.code = e.code`.execute(
    t.db,
  );
}

async function readCoupons(bookId: string) {
  const { rows } = await sql<{ code: string; state: string; redeemed: number; redeemedAt: Date | null }>`
    SELECT c.code, c.state, c.redeemed_at AS "redeemedAt",
           (SELECT count(*) FROM redemption_history h WHERE h.coupon_id = c.id) AS redeemed
    FROM coupons c WHERE c.book_id = ${bookId}`.execute(t.db);
  return new Map(rows.map(({ code, ...row }) => [code, row]));
}

test('of 50 redeems of one coupon at once, one is done and 49 are refused', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 1);
  const replies = await Promise.all(times(50, (n) => command(t.node(n), user, 'redeem', book.codes[0]!)));
  expect(tally(replies)).toEqual({ '200': 1, '400 already-redeemed': 49 });
  expect((await readCoupons(book.id)).get(book.codes[0]!)).toMatchObject({ state: 'REDEEMED', redeemed: 1 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a coupon for 3 redemptions, locked and redeemed by 60 at once, is redeemed 3 times', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 1, { maxRedemptions: 3 });
  const code = book.codes[0]!;
  let done = 0;
  for (let round = 0; round < 4; round++) {
    const replies = await Promise.all(
      times(60, (n) => command(t.node(n), user, n % 3 === 0 ? 'lock' : 'redeem', code)),
    );
    done += replies.filter(({ status }, n) => n % 3 !== 0 && status === 200).length;
    await command(t.node(round), user, 'lock', code);
  }
  for (let round = 0; round < 3; round++) {
    await command(t.node(round), user, 'lock', code);
    done += (await command(t.node(round), user, 'redeem', code)).status === 200 ? 1 : 0;
  }
  expect(done).toBe(3);
  expect((await readCoupons(book.id)).get(code)).toMatchObject({ state: 'REDEEMED', redeemed: 3 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('of 50 locks of one coupon at once, one is given', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 1, { lock: false });
  const replies = await Promise.all(times(50, (n) => command(t.node(n), user, 'lock', book.codes[0]!)));
  expect(tally(replies)).toEqual({ '200': 1, '400 invalid-state': 49 });
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('unlock and redeem at once: one is done, and the other is told so', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 40);
  const pairs = await Promise.all(
    book.codes.map((code, n) =>
      Promise.all([command(t.node(n), user, 'redeem', code), command(t.node(n + 1), user, 'unlock', code)]),
    ),
  );
  const coupons = await readCoupons(book.id);
  for (const [n, [redeem, unlock]] of pairs.entries()) {
    const { state, redeemed } = coupons.get(book.codes[n]!)!;
    const seen = { redeem: redeem.status, unlock: unlock.status, state, redeemed };
    expect([
      { redeem: 200, unlock: 400, state: 'REDEEMED', redeemed: 1 },
      { redeem: 400, unlock: 200, state: 'ASSIGNED', redeemed: 0 },
    ]).toContainEqual(seen);
  }
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test("a redeem is decided by the time after it got the coupon's row: one that waited beyond the lock's end is 410", async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 2);
  const [code, other] = book.codes as [string, string];
  const [holder, watcher] = [await t.connect(), await t.connect()];
  await holder.query('BEGIN');
  await holder.query('SELECT FROM coupons WHERE code = ANY($1) FOR UPDATE', [[code, other]]);
  const late = command(t.node(0), user, 'redeem', code);
  const inTime = command(t.node(0), user, 'redeem', other);
  await eventually(() => hasTried(watcher, holder));
  // The lock ends now, rounded down: after the redeem came, and before it gets the row.
  await holder.query(
    `UPDATE coupons SET locked_at = clock_timestamp() - interval '1 minute',
            lock_expires_at = date_trunc('milliseconds', clock_timestamp())
     WHERE code = $1`,
    [code],
  );
  await holder.query('COMMIT');
  expect(tally([await late])).toEqual({ '410 lock-expired': 1 });
  expect(tally([await inTime])).toEqual({ '200': 1 });
  const coupons = await readCoupons(book.id);
  expect(coupons.get(code)!.redeemed).toBe(0);
  expect(coupons.get(other)!.redeemed).toBe(1);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('600 redeems around the very end of their locks: the answer and the database agree, never both refused and done', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  for (let round = 0; round < 3; round++) {
    const book = await lockedBook(user, 200);
    // The first have ended, the last last long; those between end while the redeems are under way.
    const ends = book.codes.map((_, n) => (n < 10 ? -50 : n >= 190 ? 60_000 : Math.round(n * 0.6)));
    await endLocks(book.codes, ends);
    const { rows } = await sql<{ code: string; end: Date }>`
      SELECT code, lock_expires_at AS end FROM coupons WHERE book_id = ${book.id}`.execute(t.db);
    const endOf = new Map(rows.map(({ code, end }) => [code, end]));
    const order = book.codes
      .map((code, n) => ({ code, rank: (n * 73) % 200 }))
      .sort((a, b) => a.rank - b.rank);
    const replies = await Promise.all(
      order.map(async ({ code }, n) => {
        for (let turn = 0; turn < n / 4; turn++) await new Promise((resolve) => setImmediate(resolve));
        return { code, reply: await command(t.node(n), user, 'redeem', code) };
      }),
    );
    const coupons = await readCoupons(book.id);
    for (const { code, reply } of replies) {
      const { state, redeemed, redeemedAt } = coupons.get(code)!;
      if (reply.status === 200) {
        expect({ state, redeemed }).toEqual({ state: 'REDEEMED', redeemed: 1 });
        expect(redeemedAt! < endOf.get(code)!, 'redeemed before the end of its lock').toBe(true);
      } else {
        expect(tally([reply])).toEqual({ '410 lock-expired': 1 });
        expect(redeemed).toBe(0);
        expect(state).toBe('LOCKED'); // nobody has written down yet that it ran out
      }
    }
    const statuses = new Set(replies.map(({ reply }) => reply.status));
    expect(statuses).toEqual(new Set([200, 410]));
    await checkInvariants(t.db, { bookIds: [book.id] });
  }
});

test('the sweeper, on all nodes at once, never takes a lock that holds nor spoils a redeem or a new lock', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 200, { maxRedemptions: null });
  await endLocks(
    book.codes,
    book.codes.map((_, n) => (n % 10 === 0 ? 60_000 : n)),
  );
  let sweeping = true;
  const sweeps = t.nodes.map(async ({ db }) => {
    let swept = 0;
    while (sweeping) swept += await sweepExpiredLocks(db);
    return swept;
  });
  const replies = await Promise.all(
    book.codes.map(async (code, n) => {
      for (let turn = 0; turn < n % 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      const redeem = await command(t.node(n), user, 'redeem', code);
      const lock = await command(t.node(n + 1), user, 'lock', code);
      return { n, redeem, lock };
    }),
  );
  sweeping = false;
  await Promise.all(sweeps);
  for (const { n, redeem, lock } of replies) {
    if (n % 10 === 0) expect(redeem.status, `lock ${n} was still held`).toBe(200);
    expect([200, 410]).toContain(redeem.status);
    // Redeemed or run out, it can be locked again.
    expect(tally([lock])).toEqual({ '200': 1 });
  }
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('an expired lock is written down once, by however many sweepers', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const book = await lockedBook(user, 100);
  await endLocks(
    book.codes,
    times(100, () => -5),
  );
  const swept = await Promise.all(times(8, (n) => sweepExpiredLocks(t.node(n).db)));
  expect(swept.reduce((sum, count) => sum + count)).toBe(100);
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM events WHERE book_id = ${book.id} AND type = 'coupon.lock_expired'`.execute(
    t.db,
  );
  expect(rows[0]!.n).toBe(100);
  await checkInvariants(t.db, { bookIds: [book.id] });
});
