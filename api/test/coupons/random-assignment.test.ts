import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Transaction } from '../../src/database/connection.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { selectBookWithStockForKeyShare } from '../../src/modules/coupons/queries.ts';
import {
  assignRandomCoupons,
  assignRandomCouponsAndAnswer,
  type RandomAssignment,
} from '../../src/modules/coupons/store-foreseen.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { FREE_ROW, insertBookRow, insertCouponRow, readAllOf } from '../support/coupon-rows.ts';
import { times } from '../support/nodes.ts';
import { claimOf } from '../support/submitted-commands.ts';

// What the statement of a random assignment does by itself; that it does what `decide` says: see one-trip.test.ts.

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.close());

const insertBook = () =>
  insertBookRow(app.db, {
    startsAt: null,
    expiresAt: null,
    archivedAt: null,
    maxAssignmentsPerUser: null,
    maxRedemptions: 1,
    lockTtlSeconds: 300,
  });

/** To these users in this order, from the coupon with the least random key on. */
const assignmentTo = async (
  trx: Transaction,
  bookId: string,
  userIds: readonly string[],
): Promise<RandomAssignment> => ({
  bookId,
  book: (await selectBookWithStockForKeyShare(trx, bookId, 0))!,
  state: 'ASSIGNED',
  eventType: 'coupon.assigned',
  start: -(2 ** 31),
  to: userIds.map((id) => ({ userId: id, actorId: id })),
  withinMs: 60_000,
});

test('a coupon that the answers were not foreseen for undoes the group, also when it is for somebody without a key', async () => {
  const bookId = await insertBook();
  await insertCouponRow(app.db, bookId, FREE_ROW);
  await insertCouponRow(app.db, bookId, { ...FREE_ROW, metadata: { shop: 4 } });
  await sql`UPDATE coupons SET random_key = id WHERE book_id = ${bookId}`.execute(app.db);
  const before = await readAllOf(app.db, bookId);
  const { id } = await app.asUser();
  const claim = claimOf(randomUUID());
  const assigned = inTransaction(app.db, async (trx) =>
    assignRandomCouponsAndAnswer(trx, await assignmentTo(trx, bookId, [id, id]), {
      claims: [claim, null],
      templates: ['{}'],
      templateOf: [1, 1],
    }),
  );
  await expect(assigned).rejects.toThrow('a coupon is not as it was expected');
  expect(await readAllOf(app.db, bookId)).toEqual(before);
  const { rows } = await sql`SELECT FROM idempotency_keys WHERE key_hash = ${claim.keyHash}`.execute(app.db);
  expect(rows).toHaveLength(0);
});

test('who of a group gets which coupon is said by the random keys, and not by the order in the file', async () => {
  const bookId = await insertBook();
  const coupons = await Promise.all(times(5, () => insertCouponRow(app.db, bookId, FREE_ROW)));
  const inFile = coupons.map(({ id }) => id).sort((a, b) => a - b);
  await sql`UPDATE coupons SET random_key = -id WHERE book_id = ${bookId}`.execute(app.db);
  const userIds = (await Promise.all(times(5, () => app.asUser()))).map(({ id }) => id);
  const given = await inTransaction(app.db, async (trx) =>
    assignRandomCoupons(trx, await assignmentTo(trx, bookId, userIds)),
  );
  expect(given.map(({ coupon }) => [coupon.assignedUserId, coupon.id])).toEqual(
    userIds.map((id, index) => [id, inFile.at(-1 - index)]),
  );
});
