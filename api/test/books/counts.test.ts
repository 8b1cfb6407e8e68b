import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { foldBookCounts } from '../../src/modules/books/queries.ts';
import { sweepExpiredLocks } from '../../src/modules/coupons/sweep.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { assignRandom, command, type CommandName, insertBook, type TestBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;
let people: TestUser[];

beforeAll(async () => {
  t = await startTestApp({
    patient: true,
    modules: selectModules(['books', 'coupons']),
    config: { rateLimitScale: 10_000 },
  });
  admin = await t.asAdmin();
  people = await Promise.all(Array.from({ length: 10 }, () => t.asUser()));
});
afterAll(() => t?.close());

type Stats = Record<string, unknown> & { redemptionsByDay: { date: string; redemptions: number }[] };

async function statsOf({ id }: TestBook): Promise<Stats> {
  return (await t.app.inject({ url: `/api/v1/books/${id}/stats`, headers: admin.headers })).json();
}

/** The same by counting, row by row. */
async function count({ id }: TestBook): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 'UNASSIGNED') AS unassigned,
           count(*) FILTER (WHERE state = 'ASSIGNED' OR state = 'LOCKED' AND lock_expires_at <= clock_timestamp()) AS assigned,
           count(*) FILTER (WHERE state = 'LOCKED' AND lock_expires_at > clock_timestamp()) AS locked,
           count(*) FILTER (WHERE state = 'REDEEMED') AS redeemed,
           coalesce(sum(redemption_count), 0)::bigint AS redemptions
    FROM coupons WHERE book_id = ${id}`.execute(t.db);
  return rows[0]!;
}

/** The counts of some books as the list of books answers them. */
async function listed(shelf: TestBook[], as = admin): Promise<unknown[]> {
  const { items } = (
    await t.app.inject({ url: '/api/v1/books?include=stats&limit=200', headers: as.headers })
  ).json() as { items: { id: string; stats: unknown }[] };
  return shelf.map((book) => items.find(({ id }) => id === book.id)?.stats);
}

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)]!;

test('counts are exact after any load, on several books at once, whether or not they were folded meanwhile', async () => {
  const shelf = await Promise.all([insertBook(t.db, 60), insertBook(t.db, 40, { maxRedemptions: 3 })]);
  const someCommand = async (): Promise<void> => {
    const [book, user] = [pick(shelf), pick(people)];
    const roll = Math.random();
    if (roll < 0.25) await assignRandom(t, user, book.id);
    else if (roll < 0.35) {
      await t.app.inject({
        method: 'POST',
        url: `/api/v1/coupons/unassign/${pick(book.codes)}`,
        headers: admin.headers,
      });
    } else
      await command(t, user, pick<CommandName>(['assign', 'lock', 'unlock', 'redeem']), pick(book.codes));
  };
  for (let round = 0; round < 8; round += 1) {
    await Promise.all([
      ...Array.from({ length: 100 }, someCommand),
      ...(round % 2 ? [foldBookCounts(t.db), foldBookCounts(t.db)] : []),
    ]);
    for (const book of shelf) expect(await statsOf(book)).toMatchObject(await count(book));
    expect(await listed(shelf)).toEqual(await Promise.all(shelf.map(count)));
  }
  await foldBookCounts(t.db);
  for (const book of shelf) expect(await statsOf(book)).toMatchObject(await count(book));
  expect(await listed(shelf)).toEqual(await Promise.all(shelf.map(count)));
  const { rows } = await sql`SELECT FROM book_count_deltas`.execute(t.db);
  expect(rows).toEqual([]);
});

test('each coupon is counted once; a lock that has run out counts as assigned', async () => {
  const book = await insertBook(t.db, 10, { maxRedemptions: null });
  const { id } = book;
  const [user] = people as [TestUser];
  await sql`
    WITH ranked AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM coupons WHERE book_id = ${id})
    UPDATE coupons SET
      state = CASE WHEN n = 1 THEN 'ASSIGNED' WHEN n IN (2, 3) THEN 'LOCKED' ELSE 'REDEEMED' END::coupon_state,
      assigned_user_id = ${user.id}, assigned_at = clock_timestamp(),
      locked_by_user_id = CASE WHEN n IN (2, 3) THEN ${user.id}::uuid END,
      locked_at = CASE WHEN n IN (2, 3) THEN clock_timestamp() - interval '1 hour' END,
      lock_expires_at = CASE n WHEN 2 THEN clock_timestamp() + interval '1 hour'
                               WHEN 3 THEN clock_timestamp() - interval '1 second' END,
      redeemed_at = CASE WHEN n = 4 THEN clock_timestamp() END, redemption_count = CASE WHEN n = 4 THEN 3 ELSE 0 END
    FROM ranked WHERE ranked.id = coupons.id AND n <= 4`.execute(t.db);
  await sql`
    INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, redemption_number, redeemed_at)
    SELECT ${id}, id, ${user.id}, ${user.id}, n, clock_timestamp() - (n - 1) * 31 * interval '1 day'
    FROM coupons, generate_series(1, 3) n WHERE book_id = ${id} AND state = 'REDEEMED'`.execute(t.db);
  const stats = await statsOf(book);
  expect(stats).toMatchObject({
    total: 10,
    unassigned: 6,
    assigned: 2,
    locked: 1,
    redeemed: 1,
    redemptions: 3,
  });
  expect(stats.redemptionsByDay).toHaveLength(30);
  expect(stats.redemptionsByDay.at(-1)).toEqual({
    date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    redemptions: 1,
  });
  expect(
    stats.redemptionsByDay.slice(0, -1).every((day: { redemptions: number }) => day.redemptions === 0),
  ).toBe(true);
});

test('the counts are zero for an empty book, 404 for none, and not for a USER', async () => {
  const book = await insertBook(t.db, 0);
  expect(await statsOf(book)).toMatchObject({
    total: 0,
    unassigned: 0,
    redemptions: 0,
  });
  const statusOf = async (id: string, { headers }: TestUser) =>
    (await t.app.inject({ url: `/api/v1/books/${id}/stats`, headers })).statusCode;
  expect(await statusOf(randomUUID(), admin)).toBe(404);
  expect(await statusOf(book.id, people[0]!)).toBe(403);
});

test('a lock that runs out is counted as assigned at once, and once it is written down', async () => {
  const book = await insertBook(t.db, 2);
  for (const code of book.codes) {
    await command(t, people[0]!, 'assign', code);
    await command(t, people[0]!, 'lock', code);
  }
  expect(await statsOf(book)).toMatchObject({ assigned: 0, locked: 2 });
  await sql`UPDATE coupons SET locked_at = locked_at - interval '1 hour', lock_expires_at = locked_at
            WHERE code = ${book.codes[0]}`.execute(t.db);
  expect(await statsOf(book)).toMatchObject({ assigned: 1, locked: 1 });
  expect(await listed([book])).toMatchObject([{ assigned: 1, locked: 1 }]);
  await sweepExpiredLocks(t.db);
  expect(await statsOf(book)).toMatchObject({ assigned: 1, locked: 1 });
});

test('the list counts a book without coupons as zeros, counts only when asked, and never for a USER', async () => {
  const book = await insertBook(t.db, 0);
  const zeros = { total: 0, unassigned: 0, assigned: 0, locked: 0, redeemed: 0, redemptions: 0 };
  expect(await listed([book])).toEqual([zeros]);
  const plain = await t.app.inject({ url: '/api/v1/books', headers: admin.headers });
  expect(plain.json().items[0]).not.toHaveProperty('stats');
  const refused = await t.app.inject({
    url: '/api/v1/books?include=stats',
    headers: people[0]!.headers,
  });
  expect([refused.statusCode, refused.json().code]).toEqual([403, 'forbidden']);
});

test('the counts of all books are the sums of the counts of each', async () => {
  const shelf = await Promise.all([insertBook(t.db, 3), insertBook(t.db, 2)]);
  const [code] = shelf[1].codes as [string];
  for (const name of ['assign', 'lock', 'redeem'] as const) await command(t, people[1]!, name, code);
  const { rows } = await sql<TestBook>`SELECT id FROM books`.execute(t.db);
  const each = await Promise.all(rows.map(statsOf));
  const sum = (name: string) => each.reduce((total, stats) => total + (stats[name] as number), 0);
  const all = (await t.app.inject({ url: '/api/v1/stats', headers: admin.headers })).json();
  for (const name of ['total', 'unassigned', 'assigned', 'locked', 'redeemed', 'redemptions'])
    expect([name, all[name]]).toEqual([name, sum(name)]);
  const days = each.map(({ redemptionsByDay }) => redemptionsByDay as { redemptions: number }[]);
  expect(all.redemptionsByDay).toHaveLength(30);
  expect(all.redemptionsByDay.at(-1).redemptions).toBe(
    days.reduce((total, day) => total + day.at(-1)!.redemptions, 0),
  );
});

test('a redemption that is rolled back does not count, on the day on which it was made', async () => {
  const book = await insertBook(t.db, 1);
  const [code] = book.codes as [string];
  for (const name of ['assign', 'lock', 'redeem'] as const) await command(t, people[0]!, name, code);
  const today = async () => (await statsOf(book)).redemptionsByDay as { redemptions: number }[];
  expect((await today()).at(-1)).toMatchObject({ redemptions: 1 });
  const { rows } = await sql<{
    id: number;
  }>`SELECT id FROM redemption_history WHERE book_id = ${book.id}`.execute(t.db);
  await t.app.inject({
    method: 'POST',
    url: `/api/v1/redemptions/${rows[0]!.id}/rollback`,
    headers: admin.headers,
    payload: { reason: 'returned' },
  });
  expect(await statsOf(book)).toMatchObject({ assigned: 1, redeemed: 0, redemptions: 0 });
  expect((await today()).at(-1)).toMatchObject({ redemptions: 0 });
});

test('what is rolled back counts nothing, and nothing is left of a book that was deleted', async () => {
  const book = await insertBook(t.db, 5);
  await expect(
    t.db.transaction().execute(async (trx) => {
      await sql`DELETE FROM coupons WHERE book_id = ${book.id}`.execute(trx);
      throw new Error('undone');
    }),
  ).rejects.toThrow('undone');
  expect(await statsOf(book)).toMatchObject({ total: 5, unassigned: 5 });
  const { statusCode } = await t.app.inject({
    method: 'DELETE',
    url: `/api/v1/books/${book.id}`,
    headers: admin.headers,
  });
  expect(statusCode).toBe(204);
  await foldBookCounts(t.db);
  const { rows } = await sql`SELECT FROM book_counts WHERE book_id = ${book.id}`.execute(t.db);
  expect(rows).toEqual([]);
});
