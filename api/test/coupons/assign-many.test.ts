import { randomUUID } from 'node:crypto';
import { type KyselyPlugin, RawNode, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import { assignMany } from '../../src/modules/coupons/bulk/assign.ts';
import { foreseeAssignment } from '../../src/modules/coupons/commands/foresee.ts';
import { selectBookWithStockForKeyShare } from '../../src/modules/coupons/queries.ts';
import { type Actor, type BookRules, type Coupon, decide } from '../../src/modules/coupons/state.ts';
import { assignCouponsInOrder } from '../../src/modules/coupons/store-foreseen.ts';
import type { TestApp } from '../support/app.ts';
import { at, MOMENT, NOW, startAtMoment } from '../support/at-a-moment.ts';
import {
  type CouponRow,
  FREE_ROW,
  insertBookRow,
  insertCouponRow,
  readAllOf,
  readCouponRow,
  readEventsOf,
} from '../support/coupon-rows.ts';
import { checkInvariants } from '../support/invariants.ts';
import { insertBook, times } from '../support/nodes.ts';

let moment: Awaited<ReturnType<typeof startAtMoment>>;
let app: TestApp;
beforeAll(async () => {
  moment = await startAtMoment();
  ({ app } = moment);
});
afterAll(() => moment?.close());

const openBook: Omit<BookRules, 'bookName'> = {
  startsAt: NOW,
  expiresAt: at(MOMENT),
  archivedAt: null,
  maxAssignmentsPerUser: 2,
  maxRedemptions: 1,
  lockTtlSeconds: 300,
};
const BOOKS: Record<string, Omit<BookRules, 'bookName'>> = {
  'active from this moment, for a last one': openBook,
  'without dates or limit': { ...openBook, startsAt: null, expiresAt: null, maxAssignmentsPerUser: null },
  'starting in a moment': { ...openBook, startsAt: at(MOMENT), expiresAt: null },
  'ended at this moment': { ...openBook, startsAt: null, expiresAt: NOW },
  archived: { ...openBook, archivedAt: at(-1) },
};
const COUPONS: Record<string, (owner: string) => CouponRow> = {
  free: () => FREE_ROW,
  'free again after a redemption, with metadata': () => ({
    ...FREE_ROW,
    redeemedAt: at(-100),
    redemptionCount: 1,
    metadata: { shop: 4 },
  }),
  ASSIGNED: (owner) => assignedTo(owner),
  LOCKED: (owner) => ({
    ...assignedTo(owner),
    state: 'LOCKED',
    lockedByUserId: owner,
    lockedAt: at(-60),
    lockExpiresAt: at(60),
  }),
  REDEEMED: (owner) => ({
    ...assignedTo(owner),
    state: 'REDEEMED',
    redeemedAt: at(-100),
    redemptionCount: 1,
  }),
};
const assignedTo = (owner: string): CouponRow => ({
  ...FREE_ROW,
  state: 'ASSIGNED',
  assignedUserId: owner,
  assignedAt: at(-9000),
});

interface Order {
  bookId: string;
  actor: Actor;
  afterId?: number;
}
const jobId = randomUUID();
const give = ({ afterId = 0, ...order }: Order, wishes: { userId: string; count: number }[]) =>
  inTransaction(app.db, (trx) => assignMany(trx, { ...order, jobId, afterId }, wishes));
const newAdmin = async (): Promise<Actor> => ({ id: (await app.asAdmin()).id, role: 'ADMIN' });
const newUsers = async (count: number) =>
  (await Promise.all(times(count, () => app.asUser()))).map(({ id }) => id);
/** One after the other, so that ids ascend. */
async function insertFree(bookId: string, count: number): Promise<Coupon[]> {
  const coupons: Coupon[] = [];
  while (coupons.length < count) coupons.push(await insertCouponRow(app.db, bookId, FREE_ROW));
  return coupons;
}
const countersOf = async (bookId: string) => {
  const { rows } = await sql<{ userId: string; assigned: number }>`
    SELECT user_id AS "userId", assigned FROM book_user_counters WHERE book_id = ${bookId}`.execute(app.db);
  return new Map(rows.map(({ userId, assigned }) => [userId, assigned]));
};

for (const [bookName, rules] of Object.entries(BOOKS))
  test(`many get what decide says, of every coupon: book ${bookName}`, async () => {
    const actor = await newAdmin();
    const [owner] = await newUsers(1);
    const seen = { done: 0, refused: 0 };
    const isOpen = !/^(starting|ended|archived)/.test(bookName);
    for (const [couponName, rowOf] of Object.entries(COUPONS))
      for (const userId of [owner!, actor.id])
        for (const assigned of couponName.startsWith('free') ? [0, 1, 2] : [0]) {
          const label = `${couponName}, ${userId === actor.id ? 'for self' : 'for another'}, ${assigned} given`;
          const bookId = await insertBookRow(app.db, rules);
          const coupon = await insertCouponRow(app.db, bookId, rowOf(owner!));
          if (assigned > 0)
            await sql`INSERT INTO book_user_counters (book_id, user_id, assigned) VALUES (${bookId}, ${userId}, ${assigned})`.execute(
              app.db,
            );
          const book = (await inTransaction(app.db, (trx) =>
            selectBookWithStockForKeyShare(trx, bookId, 0),
          ))!;
          const before = await readAllOf(app.db, bookId);
          const decision = decide(coupon, book, { type: 'assign', actor, userId, assigned }, NOW);
          const granted = await give({ bookId, actor }, [{ userId, count: 1 }]).catch(
            ({ code }: { code: string }) => code,
          );
          if ('refusal' in decision) {
            const { refusal } = decision;
            // The book is looked at first.
            if (!isOpen) expect(granted, label).toBe('book-not-active');
            else if (refusal === 'already-assigned') expect(granted, label).toMatchObject({ inStock: false });
            else expect(granted, label).toMatchObject({ inStock: true, grants: [{ given: 0, refusal }] });
            expect(await readAllOf(app.db, bookId), label).toEqual(before);
            seen.refused += 1;
            continue;
          }
          expect(granted, label).toEqual({
            grants: [{ given: 1, refusal: null }],
            inStock: true,
            lastId: coupon.id,
          });
          expect(await readCouponRow(app.db, coupon.id), label).toEqual(decision.next);
          expect(await readEventsOf(app.db, coupon.id), label).toEqual(decision.events);
          expect(await countersOf(bookId), label).toEqual(new Map([[userId, assigned + 1]]));
          seen.done += 1;
        }
    const limited = rules.maxAssignmentsPerUser !== null;
    expect(seen).toEqual(
      isOpen ? (limited ? { done: 8, refused: 10 } : { done: 12, refused: 6 }) : { done: 0, refused: 18 },
    );
  });

test.each(['starting in a moment', 'ended at this moment'])(
  'a book that was read when it was open gives nothing when its coupons are held: %s',
  async (name) => {
    const bookId = await insertBookRow(app.db, openBook);
    const [coupon] = await insertFree(bookId, 1);
    const actor = await newAdmin();
    const before = await readAllOf(app.db, bookId);
    const result = await inTransaction(app.db, async (trx) => {
      const book = (await selectBookWithStockForKeyShare(trx, bookId, 0))!;
      const outcome = foreseeAssignment(bookId, book, [{ actor, userId: actor.id }])!;
      return assignCouponsInOrder(trx, {
        ...{ bookId, ...outcome, jobId, afterId: 0, actorId: actor.id },
        book: { ...book, ...BOOKS[name] },
        to: [{ userId: actor.id, count: 1 }],
      });
    });
    expect(result).toEqual({ selected: 1, given: 0, lastId: coupon!.id });
    expect(await readAllOf(app.db, bookId)).toEqual(before);
  },
);

test('coupons go to users in their order, from the one after the last on and round, and events name the job', async () => {
  const bookId = await insertBookRow(app.db, { ...openBook, maxAssignmentsPerUser: 3 });
  const coupons = await insertFree(bookId, 6);
  const actor = await newAdmin();
  const [first, full, third, last] = await newUsers(4);
  await sql`INSERT INTO book_user_counters (book_id, user_id, assigned) VALUES (${bookId}, ${full}, 2)`.execute(
    app.db,
  );
  const { grants, lastId } = await give({ bookId, actor, afterId: coupons[2]!.id }, [
    { userId: first!, count: 2 },
    { userId: full!, count: 2 },
    { userId: third!, count: 2 },
    { userId: last!, count: 2 },
  ]);
  expect(grants).toEqual([
    { given: 2, refusal: null },
    { given: 1, refusal: 'assignment-limit-reached' },
    { given: 2, refusal: null },
    { given: 1, refusal: null },
  ]);
  expect(lastId).toBe(coupons[2]!.id);
  const owners = await Promise.all(coupons.map(({ id }) => readCouponRow(app.db, id)));
  expect(owners.map(({ assignedUserId }) => assignedUserId)).toEqual([
    third,
    third,
    last,
    first,
    first,
    full,
  ]);
  expect(await countersOf(bookId)).toEqual(
    new Map([
      [first, 2],
      [full, 3],
      [third, 2],
      [last, 1],
    ]),
  );
  const { rows } = await sql<{ jobs: string[] }>`
    SELECT array_agg(DISTINCT job_id) AS jobs FROM events WHERE book_id = ${bookId} HAVING count(*) = 6`.execute(
    app.db,
  );
  expect(rows).toEqual([{ jobs: [jobId] }]);
});

test('coupons that others hold are passed over, and the counters of who gets none of them are as before', async () => {
  const bookId = await insertBookRow(app.db, openBook);
  const coupons = await insertFree(bookId, 4);
  const actor = await newAdmin();
  const [first, second, third] = await newUsers(3);
  const wishes = [first!, second!, third!].map((userId) => ({ userId, count: 1 }));
  await inTransaction(app.db, async (trx) => {
    await sql`SELECT FROM coupons WHERE id = ANY(${[coupons[0]!.id, coupons[2]!.id]}::bigint[]) FOR UPDATE`.execute(
      trx,
    );
    const { grants, inStock } = await give({ bookId, actor }, wishes);
    expect(inStock).toBe(true);
    expect(grants).toEqual([1, 1, 0].map((given) => ({ given, refusal: null })));
  });
  const rows = await Promise.all(coupons.map(({ id }) => readCouponRow(app.db, id)));
  expect(rows.map(({ assignedUserId }) => assignedUserId)).toEqual([null, first, null, second]);
  await checkInvariants(app.db, { bookIds: [bookId] });
});

interface Plan {
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}
/** How many rows all steps of a plan handed on. */
const rowsIn = (plan: Plan): number =>
  (plan.Plans ?? []).reduce((sum, part) => sum + rowsIn(part), plan['Actual Rows'] * plan['Actual Loops']);

/** Has statements carried out and answered with their plans. */
const EXPLAIN: KyselyPlugin = {
  transformQuery: ({ node }) =>
    RawNode.create(['EXPLAIN (ANALYZE, FORMAT JSON) ', ''], [node as unknown as RawNode]),
  transformResult: async ({ result }) => result,
};

test('the work grows with the coupons given, also in a book that was filled after PostgreSQL last looked at the table', async () => {
  await insertBook(app.db, 20_000);
  await sql`ANALYZE coupons`.execute(app.db);
  const { id: bookId } = await insertBook(app.db, 4_000);
  const actor = await newAdmin();
  const to = (await newUsers(10)).map((userId) => ({ userId, count: 100 }));
  const result = await inTransaction(app.db, async (trx) => {
    const book = (await selectBookWithStockForKeyShare(trx, bookId, 0))!;
    const outcome = foreseeAssignment(bookId, book, [{ actor, userId: to[0]!.userId }])!;
    const order = { ...outcome, bookId, book, jobId, afterId: 0, actorId: actor.id, to };
    return assignCouponsInOrder(trx.withPlugin(EXPLAIN) as typeof trx, order);
  });
  const [{ Plan: plan }] = (result as unknown as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'];
  expect(rowsIn(plan)).toBeLessThan(50_000);
  const { rows } =
    await sql`SELECT FROM coupons WHERE book_id = ${bookId} AND assigned_user_id IS NOT NULL`.execute(app.db);
  expect(rows).toHaveLength(1_000);
});
