import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkInvariants, findBrokenInvariants } from './support/invariants.ts';
import type { TestUser } from './support/app.ts';
import { command, insertBook, type Nodes, startNodes, type TestBook } from './support/nodes.ts';

let t: Nodes;
let user: TestUser;
let book: TestBook;
beforeAll(async () => {
  t = await startNodes();
});
afterAll(() => t.close());

beforeEach(async () => {
  [user] = (await t.users(1)) as [TestUser];
  book = await insertBook(t.db, 3, { maxRedemptions: 2, maxAssignmentsPerUser: 2 });
  for (const name of ['assign', 'lock', 'redeem'] as const)
    await command(t.node(0), user, name, book.codes[0]!);
  for (const name of ['assign', 'lock'] as const) await command(t.node(0), user, name, book.codes[1]!);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

const broken = () => findBrokenInvariants(t.db, { bookIds: [book.id] });

test('a counter that is not the number of coupons given is noticed', async () => {
  await sql`UPDATE book_user_counters SET assigned = assigned + 1 WHERE book_id = ${book.id}`.execute(t.db);
  expect(await broken()).toEqual([`counter of ${user.id} in ${book.id}: 3 counted, 2 given`]);
});

test('a coupon given without a counter, an event, and over the limit is noticed', async () => {
  await sql`UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = ${user.id}, assigned_at = clock_timestamp()
            WHERE code = ${book.codes[2]}`.execute(t.db);
  expect(await broken()).toEqual([
    `counter of ${user.id} in ${book.id}: 2 counted, 3 given`,
    `user ${user.id} was given 3 of ${book.id}, which allows 2`,
    `coupon ${book.codes[2]} is ASSIGNED, its events lead to UNASSIGNED`,
  ]);
});

test('a redemption without its history and event is noticed', async () => {
  await sql`UPDATE coupons SET redemption_count = 2 WHERE code = ${book.codes[0]}`.execute(t.db);
  expect(await broken()).toEqual([`coupon ${book.codes[0]}: redeemed 2, in the history 1, in the events 1`]);
});

test('a history without its redemption is noticed', async () => {
  await sql`INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, redemption_number, redeemed_at)
            SELECT book_id, id, ${user.id}, ${user.id}, 1, clock_timestamp() FROM coupons WHERE code = ${book.codes[1]}`.execute(
    t.db,
  );
  expect(await broken()).toEqual([`coupon ${book.codes[1]}: redeemed 0, in the history 1, in the events 0`]);
});

test('events that cannot have happened one after the other are noticed', async () => {
  await sql`INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
            SELECT 'coupon.locked', book_id, id, ${user.id}, clock_timestamp() FROM coupons
            WHERE code = ${book.codes[1]}`.execute(t.db);
  expect(await broken()).toEqual([
    `coupon ${book.codes[1]}: coupon.locked (event 3) of a coupon that is LOCKED`,
  ]);
});

test('the database takes no code that is not canonical, whoever writes it', async () => {
  const insert = (code: string) =>
    sql`INSERT INTO coupons (book_id, code) VALUES (${book.id}, ${code})`.execute(t.db);
  const wrong = [
    '',
    'AB',
    'A'.repeat(65),
    'lower',
    'A B',
    'ABC\n',
    '\nABC',
    'ÄBC',
    'A.C',
    'A^C',
    'A]C',
    'RANDOM',
  ];
  for (const code of wrong) await expect(insert(code), code).rejects.toThrow('coupons_code_canonical');
  for (const code of ['A-_', 'Z09', 'RANDOM1', 'A'.repeat(64)]) await insert(code);
});

test('the database lets nobody hold a coupon of somebody else, whoever writes it', async () => {
  const [other] = (await t.users(1)) as [TestUser];
  const hold = ({ id }: TestUser) =>
    sql`UPDATE coupons SET locked_by_user_id = ${id} WHERE code = ${book.codes[1]}`.execute(t.db);
  await expect(hold(other)).rejects.toThrow('coupons_holder_owns');
  await hold(user);
});
