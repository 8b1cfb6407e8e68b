import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import { surveyDistribution } from '../../src/modules/distributions/survey.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import {
  addToPool,
  countsByOwner,
  insertMembers,
  jobErrorsOf,
  type SendJob,
  startDistributions,
  whileSomeAreHeld,
} from '../support/distributions.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, insertBook, type Reply } from '../support/nodes.ts';

let api: TestApp;
let admin: TestUser;
let send: SendJob;
beforeAll(async () => {
  ({ api, admin, send } = await startDistributions());
});
afterAll(() => api.close());

const distribute = (poolId: string, order: object, headers?: Record<string, string>) =>
  send('POST', `/pools/${poolId}/distribute`, order, headers);

/** A claim that is answered for good: so many at once are too much for a busy machine, which says to come again. */
function claim(user: TestUser, bookId: string): Promise<Reply> {
  const key = randomUUID();
  return eventually(async () => {
    const reply = await assignRandom(api, user, bookId, {}, key);
    return reply.headers['retry-after'] === undefined ? reply : undefined;
  });
}

/** Once a step that began after this call has ended. */
async function untilNextStep(id: string): Promise<void> {
  const version = async () =>
    (await sql<{ xmin: string }>`SELECT xmin::text FROM jobs WHERE id = ${id}`.execute(api.db)).rows[0]!.xmin;
  // The step under way may have begun before.
  for (let steps = 0; steps < 2; steps += 1) {
    const before = await version();
    await eventually(async () => (await version()) !== before);
  }
}

describe('in the middle', () => {
  /** A distribution of 20,000 coupons that has given 2,000, and does not end before `work` has: others hold some of the coupons. */
  const halfWay = async (work: (id: string, bookId: string) => Promise<unknown>) => {
    const { poolId } = await insertMembers(api.db, 100);
    const book = await insertBook(api.db, 20_000);
    const id = await whileSomeAreHeld(api.db, book.id, async () => {
      const order = { bookId: book.id, mode: 'equal', perUser: 200 };
      const { body } = await distribute(poolId, order, { prefer: 'respond-async' });
      await eventually(async () => (await send('GET', `/jobs/${body.id}`)).body.progress.done >= 2_000);
      await work(body.id, book.id);
      return body.id;
    });
    return { id, book };
  };

  /** While others hold all coupons of the book, a distribution of 2 each draws, and waits; then `change` happens. */
  const startHeld = async (change: (bookId: string, userIds: string[]) => Promise<unknown>) => {
    const { poolId, userIds } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 30, { maxAssignmentsPerUser: 5 });
    const id = await api.db.transaction().execute(async (trx) => {
      await sql`SELECT FROM coupons WHERE book_id = ${book.id} FOR UPDATE`.execute(trx);
      const order = { bookId: book.id, mode: 'equal', perUser: 2 };
      const { body } = await distribute(poolId, order, { prefer: 'respond-async' });
      await eventually(async () => (await send('GET', `/jobs/${body.id}`)).body.progress.total === 20);
      await change(book.id, userIds);
      await untilNextStep(body.id);
      return body.id;
    });
    const job = await eventually(async () => {
      const { body } = await send('GET', `/jobs/${id}`);
      return body.status === 'completed' ? body : undefined;
    });
    await checkInvariants(api.db, { bookIds: [book.id], limitsFell: true });
    return { job, book, userIds };
  };

  test('coupons that others hold are not sold out: it waits for them', async () => {
    const { job, book, userIds } = await startHeld(async () => undefined);
    expect(job.result).toMatchObject({ assigned: 20, served: 10, missing: 0 });
    expect(await countsByOwner(api.db, book.id)).toEqual(new Map(userIds.map((id) => [id, 2])));
  });

  test('an account that is disabled between the draw and its turn gets nothing, and is named', async () => {
    const { job, book, userIds } = await startHeld((_, [first]) =>
      sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${first!}`.execute(api.db),
    );
    expect(job.result).toMatchObject({
      assigned: 18,
      served: 9,
      skipped: 1,
      reasons: { 'user-disabled': 1 },
      missing: 2,
    });
    expect((await countsByOwner(api.db, book.id)).has(userIds[0]!)).toBe(false);
    expect(await jobErrorsOf(api, admin, job.id)).toMatchObject([{ reason: 'user-disabled' }]);
  });

  test('a limit that is lowered between the draw and their turn holds', async () => {
    const { job, book } = await startHeld((bookId) =>
      sql`UPDATE books SET max_assignments_per_user = 1 WHERE id = ${bookId}`.execute(api.db),
    );
    expect(job.result).toMatchObject({ assigned: 10, served: 10, skipped: 0, missing: 10 });
    expect([...(await countsByOwner(api.db, book.id)).values()]).toEqual(Array(10).fill(1));
    const errors = await jobErrorsOf(api, admin, job.id);
    expect(errors).toHaveLength(10);
    expect(errors[0]).toMatchObject({
      reason: 'assignment-limit-reached',
      values: { given: 1, of: 2 },
    });
  });

  test('live claims that take the stock between the draw and their turn: the shortage is in the result', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 20);
    const { id, taken } = await api.db.transaction().execute(async (trx) => {
      await sql`SELECT FROM coupons WHERE book_id = ${book.id} FOR UPDATE`.execute(trx);
      const order = { bookId: book.id, mode: 'equal', perUser: 2 };
      const { body } = await distribute(poolId, order, { prefer: 'respond-async' });
      await eventually(async () => (await send('GET', `/jobs/${body.id}`)).body.progress.total === 20);
      const { numAffectedRows } = await sql`
        UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = ${admin.id}, assigned_at = clock_timestamp()
        WHERE code = ANY(${book.codes.slice(0, 3)})`.execute(trx);
      return { id: body.id, taken: Number(numAffectedRows) };
    });
    const job = await eventually(async () => {
      const { body } = await send('GET', `/jobs/${id}`);
      return body.status === 'completed' ? body : undefined;
    });
    expect(taken).toBe(3);
    expect(job.result).toMatchObject({
      assigned: 17,
      served: 9,
      skipped: 1,
      reasons: { 'out-of-stock': 1 },
      missing: 3,
    });
    const counts = await countsByOwner(api.db, book.id);
    expect(userIds.map((userId) => counts.get(userId) ?? 0).sort()).toEqual([
      0,
      1,
      ...Array<number>(8).fill(2),
    ]);
    // Who goes short was decided by lot: those who drew the last ones.
    expect(await jobErrorsOf(api, admin, id)).toMatchObject([
      { line: 9, reason: 'out-of-stock', values: { given: 1, of: 2 } },
      { line: 10, reason: 'out-of-stock', values: { given: 0, of: 2 } },
    ]);
  });

  test('cancelled: it stops, and says what it gave until then', async () => {
    const untilCancelled = (id: string) =>
      eventually(async () => {
        const { body } = await send('GET', `/jobs/${id}`);
        return body.status === 'cancelled' ? body : undefined;
      });
    // Also while it waits for coupons.
    const { id, book } = await halfWay(async (running) => {
      await send('POST', `/jobs/${running}/cancel`, {});
      await untilCancelled(running);
    });
    const job = await untilCancelled(id);
    const counts = await countsByOwner(api.db, book.id);
    const given = [...counts.values()].reduce((sum, count) => sum + count);
    expect(given).toBeLessThan(20_000);
    expect(job.result).toMatchObject({
      assigned: given,
      served: counts.size,
      needed: 20_000,
      missing: 20_000 - given,
    });
    await checkInvariants(api.db, { bookIds: [book.id] });
  });

  test('the book is archived: it fails with the reason, and says what it gave until then', async () => {
    const { id, book } = await halfWay((_, bookId) =>
      sql`UPDATE books SET archived_at = clock_timestamp() WHERE id = ${bookId}`.execute(api.db),
    );
    const job = await eventually(async () => {
      const { body } = await send('GET', `/jobs/${id}`);
      return body.status === 'failed' ? body : undefined;
    });
    expect(job.failure).toMatchObject({ code: 'book-not-active' });
    const given = [...(await countsByOwner(api.db, book.id)).values()].reduce((sum, count) => sum + count);
    expect(job.result.assigned).toBe(given);
    expect(given).toBeLessThan(20_000);
  });
});

test('next to 100 users who claim for themselves: limits hold, and every coupon is counted once', async () => {
  const users = await Promise.all(Array.from({ length: 100 }, () => api.asUser()));
  const { poolId } = await insertMembers(api.db, 200);
  await addToPool(
    api.db,
    poolId,
    users.map(({ id }) => id),
  );
  const book = await insertBook(api.db, 1_300, { maxAssignmentsPerUser: 5 });
  const order = { bookId: book.id, mode: 'equal', perUser: 5, onShortage: 'partial' };
  const running = distribute(poolId, order);
  const claims = await Promise.all(
    users.flatMap((user) => Array.from({ length: 4 }, () => claim(user, book.id))),
  );
  const { body: job } = await running;
  const claimed = claims.filter(({ status }) => status === 200).length;
  const refused = claims.filter(
    ({ status, body }) =>
      status !== 200 && body.code !== 'assignment-limit-reached' && body.code !== 'book-exhausted',
  );
  expect(refused).toEqual([]);

  const counts = await countsByOwner(api.db, book.id);
  const given = [...counts.values()].reduce((sum, count) => sum + count);
  expect(given).toBe(job.result.assigned + claimed);
  expect(given).toBe(1_300); // 300 users could take 1,500.
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(5);
  const { rows } = await sql<{
    n: number;
  }>`SELECT count(*) AS n FROM events WHERE job_id = ${job.id}`.execute(api.db);
  expect(rows[0]!.n).toBe(job.result.assigned);
  await checkInvariants(api.db, { bookIds: [book.id] });
});

test('what is left and what people have are of one moment, while they claim', async () => {
  const users = await Promise.all(Array.from({ length: 40 }, () => api.asUser()));
  const { poolId } = await insertMembers(api.db, 0);
  await addToPool(
    api.db,
    poolId,
    users.map(({ id }) => id),
  );
  const book = await insertBook(api.db, 400);
  const order = { poolId, bookId: book.id, mode: 'equal', perUser: 1, total: null } as const;
  let claimed = false;
  // One after the other for each user, so that there are many groups.
  const claims = Promise.all(
    users.map(async (user) => {
      for (let n = 0; n < 10; n += 1) await assignRandom(api, user, book.id);
    }),
  ).finally(() => (claimed = true));
  const sums = new Set<number>();
  while (!claimed) {
    const { terms, list } = await inTransaction(api.db, (trx) =>
      surveyDistribution(trx, { ...order, onShortage: 'partial' }),
    );
    sums.add(list.reduce((sum, { already }) => sum + already, terms.stock));
  }
  await claims;
  expect([...sums]).toEqual([400]);
});
