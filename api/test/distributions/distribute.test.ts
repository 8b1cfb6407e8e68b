import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestApp, TestUser } from '../support/app.ts';
import {
  countsByOwner,
  insertMembers,
  jobErrorsOf,
  type SendJob,
  sendTo,
  startDistributions,
} from '../support/distributions.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, insertBook } from '../support/nodes.ts';

let api: TestApp;
let admin: TestUser;
let send: SendJob;
beforeAll(async () => {
  ({ api, admin, send } = await startDistributions());
});
afterAll(() => api.close());

const distribute = (poolId: string, order: object, headers?: Record<string, string>) =>
  send('POST', `/pools/${poolId}/distribute`, order, headers);
const preview = async (poolId: string, order: object) =>
  sendTo<
    Record<string, unknown> & {
      shares: { userId: string; share: number; refusal: { reason: string } | null }[];
    }
  >(api, admin)('POST', `/pools/${poolId}/distribute/preview`, order);
const disable = (userId: string) =>
  sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${userId}`.execute(api.db);
const archive = (bookId: string) =>
  sql`UPDATE books SET archived_at = clock_timestamp() WHERE id = ${bookId}`.execute(api.db);

describe('equal', () => {
  test('everybody gets the same number, each coupon with an event that names the job', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 50);
    const book = await insertBook(api.db, 200);
    const { status, body: job } = await distribute(poolId, { bookId: book.id, mode: 'equal', perUser: 3 });
    expect(status).toBe(201);
    expect(job).toMatchObject({
      kind: 'distribute',
      status: 'completed',
      bookId: book.id,
      progress: { done: 150, total: 150 },
      errors: 0,
      result: {
        assigned: 150,
        served: 50,
        skipped: 0,
        drewNone: 0,
        members: 50,
        needed: 150,
        missing: 0,
        algorithm: 1,
      },
    });
    expect(job.result.seed).toMatch(/^[0-9a-f]{64}$/);
    expect(await countsByOwner(api.db, book.id)).toEqual(new Map(userIds.map((id) => [id, 3])));
    const { rows } = await sql<{ n: number; actors: string[] }>`
      SELECT count(*) AS n, array_agg(DISTINCT actor_id) AS actors FROM events
      WHERE job_id = ${job.id} AND type = 'coupon.assigned'`.execute(api.db);
    expect(rows).toEqual([{ n: 150, actors: [admin.id] }]);
    await checkInvariants(api.db, { bookIds: [book.id] });
  });

  test('a total is shared as evenly as can be, the rest by lot', async () => {
    const { poolId } = await insertMembers(api.db, 30);
    const book = await insertBook(api.db, 100);
    const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'equal', total: 100 });
    expect(job.result).toMatchObject({ assigned: 100, served: 30 });
    const counts = [...(await countsByOwner(api.db, book.id)).values()].sort();
    expect(counts).toEqual([...Array<number>(20).fill(3), ...Array<number>(10).fill(4)]);
  });

  test('with fewer coupons than users, those whose lot gave them none are counted, and not as skipped', async () => {
    const { poolId } = await insertMembers(api.db, 30);
    const book = await insertBook(api.db, 100);
    const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'equal', total: 12 });
    expect(job.result).toMatchObject({ assigned: 12, served: 12, drewNone: 18, skipped: 0, missing: 0 });
    expect(job.errors).toBe(0);
  });

  test('the limit of the book holds, counting what people have already', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 100, { maxAssignmentsPerUser: 2 });
    const assign = (userId: string) => assignRandom(api, admin, book.id, { userId });
    await assign(userIds[0]!);
    await assign(userIds[0]!);
    await assign(userIds[1]!);
    const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'equal', perUser: 2 });
    expect(job.result).toMatchObject({
      assigned: 17,
      served: 9,
      skipped: 1,
      reasons: { 'assignment-limit-reached': 1 },
      missing: 0,
    });
    expect(await countsByOwner(api.db, book.id)).toEqual(new Map(userIds.map((id) => [id, 2])));
    expect(await jobErrorsOf(api, admin, job.id)).toMatchObject([{ reason: 'assignment-limit-reached' }]);

    const again = await distribute(poolId, { bookId: book.id, mode: 'equal', perUser: 2 });
    expect(again.body.result).toMatchObject({ assigned: 0, served: 0, skipped: 10 });
    await checkInvariants(api.db, { bookIds: [book.id] });
  });
});

describe('random', () => {
  test('as many as asked for, none more than allowed', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 40);
    const book = await insertBook(api.db, 150, { maxAssignmentsPerUser: 9 });
    const order = { bookId: book.id, mode: 'random', total: 100, maxPerUser: 4 };
    const { body: job } = await distribute(poolId, order);
    const counts = await countsByOwner(api.db, book.id);
    expect(job.result).toMatchObject({
      assigned: 100,
      served: counts.size,
      drewNone: 40 - counts.size,
      skipped: 0,
    });
    expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(100);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4);
    expect([...counts.keys()].every((id) => userIds.includes(id))).toBe(true);
    await checkInvariants(api.db, { bookIds: [book.id] });
  });
});

describe('disabled users', () => {
  test('are passed over and named', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 5);
    const book = await insertBook(api.db, 20);
    await disable(userIds[2]!);
    const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'equal', perUser: 2 });
    expect(job.result).toMatchObject({
      assigned: 8,
      served: 4,
      skipped: 1,
      reasons: { 'user-disabled': 1 },
      members: 5,
    });
    expect((await countsByOwner(api.db, book.id)).has(userIds[2]!)).toBe(false);
    const [error] = await jobErrorsOf(api, admin, job.id);
    expect(error).toEqual({
      line: 5,
      value: expect.stringContaining('@') as string,
      reason: 'user-disabled',
      values: {},
      detail: 'The account is disabled',
    });
  });
});

describe('shortage', () => {
  test('refused by default, with the numbers, and nothing is done', async () => {
    const { poolId } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 15);
    for (const order of [
      { mode: 'equal', perUser: 2 },
      { mode: 'equal', total: 20 },
      { mode: 'random', total: 20 },
    ]) {
      const { status, body } = await distribute(poolId, { bookId: book.id, ...order });
      expect(status).toBe(409);
      expect(body).toMatchObject({
        code: 'book-exhausted',
        reason: 'stock-too-small',
        values: { needed: 20, stock: 15, possible: 15, missing: 5 },
      });
    }
    expect((await countsByOwner(api.db, book.id)).size).toBe(0);
  });

  test('a total that the limits do not allow is refused too', async () => {
    const { poolId } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 100, { maxAssignmentsPerUser: 2 });
    const { status, body } = await distribute(poolId, { bookId: book.id, mode: 'random', total: 50 });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'assignment-limit-reached',
      reason: 'limits-too-small',
      values: { needed: 50, stock: 100, possible: 20, missing: 30 },
    });
  });

  test('partial goes as far as it can, evenly, and says who got none', async () => {
    const { poolId, userIds } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 7);
    const order = { bookId: book.id, mode: 'equal', perUser: 2, onShortage: 'partial' };
    const { body: job } = await distribute(poolId, order);
    expect(job.result).toMatchObject({ assigned: 7, served: 7, skipped: 3, needed: 20, missing: 13 });
    expect(job.result.reasons).toEqual({
      'user-disabled': 0,
      'assignment-limit-reached': 0,
      'out-of-stock': 3,
    });
    const counts = await countsByOwner(api.db, book.id);
    expect([...counts.values()]).toEqual(Array(7).fill(1));

    const { rows } = await sql<{ email: string }>`
      SELECT email FROM users WHERE id = ANY(${userIds.filter((id) => !counts.has(id))}::uuid[])`.execute(
      api.db,
    );
    const errors = await jobErrorsOf(api, admin, job.id);
    expect(errors.map(({ value }) => value).sort()).toEqual(rows.map(({ email }) => email).sort());
    expect(errors.every(({ reason }) => reason === 'out-of-stock')).toBe(true);

    const none = await distribute(poolId, order);
    expect(none.body.result).toMatchObject({ assigned: 0, served: 0, skipped: 10, missing: 20 });
  });
});

describe('preview', () => {
  test.each([
    { name: 'equal', order: { mode: 'equal', perUser: 2 } },
    { name: 'equal, by total', order: { mode: 'equal', total: 40 } },
    { name: 'equal, short', order: { mode: 'equal', perUser: 9, onShortage: 'partial' } },
    { name: 'random', order: { mode: 'random', total: 40 } },
  ])('says what then happens ($name), and stores nothing', async ({ order }) => {
    const { poolId, userIds } = await insertMembers(api.db, 20);
    const book = await insertBook(api.db, 60, { maxAssignmentsPerUser: 8 });
    for (let n = 0; n < 8; n += 1) await assignRandom(api, admin, book.id, { userId: userIds[0]! });
    await disable(userIds[1]!);
    const { status, body: seen } = await preview(poolId, { bookId: book.id, ...order });
    expect(status).toBe(200);
    expect(seen).toMatchObject({
      members: 20,
      stock: 52,
      refused: false,
      reasons: { 'user-disabled': 1, 'assignment-limit-reached': 1 },
    });
    expect(seen.shares.map(({ userId }) => userId)).toEqual(userIds);
    expect(seen.shares.slice(0, 2)).toMatchObject([
      { userId: userIds[0], already: 8, share: 0, refusal: { reason: 'assignment-limit-reached' } },
      { userId: userIds[1], already: 0, share: 0, refusal: { reason: 'user-disabled' } },
    ]);
    expect((await countsByOwner(api.db, book.id)).size).toBe(1);

    const { body: job } = await distribute(poolId, { bookId: book.id, ...order });
    const { assigned, skipped, needed, missing, reasons } = job.result;
    expect(seen).toMatchObject({ assigned, skipped, needed, missing, reasons, stockAfter: 52 - assigned });
    if (order.mode === 'equal')
      expect(seen).toMatchObject({ served: job.result.served, drewNone: job.result.drewNone });
    if (!('total' in order) && !('onShortage' in order)) {
      const counts = await countsByOwner(api.db, book.id);
      for (const { userId, share } of seen.shares.slice(2)) expect(counts.get(userId)).toBe(share);
    }
  });

  test('shows a shortage that would be refused', async () => {
    const { poolId } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 7);
    const { status, body } = await preview(poolId, { bookId: book.id, mode: 'equal', perUser: 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      needed: 10,
      stock: 7,
      assigned: 7,
      missing: 3,
      refused: true,
      stockAfter: 0,
    });
  });
});

describe('who and what', () => {
  test('a USER may do none of it: 403', async () => {
    const { poolId } = await insertMembers(api.db, 2);
    const book = await insertBook(api.db, 10);
    const order = { bookId: book.id, mode: 'equal', perUser: 1 };
    const { body: job } = await distribute(poolId, order);
    const user = sendTo(api, await api.asUser());
    expect((await user('POST', `/pools/${poolId}/distribute`, order)).status).toBe(403);
    expect((await user('POST', `/pools/${poolId}/distribute/preview`, order)).status).toBe(403);
    expect((await user('POST', `/jobs/${job.id}/undo`, {})).status).toBe(403);
    expect((await user('GET', `/jobs/${job.id}/draw`)).status).toBe(403);
  });

  test('an unknown pool or book is 404, an inactive book 409, an empty pool 409', async () => {
    const { poolId } = await insertMembers(api.db, 2);
    const book = await insertBook(api.db, 10);
    const order = { mode: 'equal', perUser: 1 };
    for (const path of ['distribute', 'distribute/preview']) {
      const post = (pool: string, bookId: string) =>
        send('POST', `/pools/${pool}/${path}`, { ...order, bookId });
      expect((await post(randomUUID(), book.id)).status).toBe(404);
      expect((await post(poolId, randomUUID())).status).toBe(404);
      expect((await post((await insertMembers(api.db, 0)).poolId, book.id)).status).toBe(409);
      const early = await insertBook(api.db, 10, { startsAt: new Date(Date.now() + 3_600_000) });
      expect(await post(poolId, early.id)).toMatchObject({ status: 409, body: { code: 'book-not-active' } });
    }
    await archive(book.id);
    expect(await distribute(poolId, { ...order, bookId: book.id })).toMatchObject({
      status: 409,
      body: { code: 'book-not-active' },
    });
  });

  test.each([
    { mode: 'equal' },
    { mode: 'equal', perUser: 1, total: 1 },
    { mode: 'equal', perUser: 1, maxPerUser: 1 },
    { mode: 'equal', perUser: 0 },
    { mode: 'random' },
    { mode: 'random', perUser: 1 },
    { mode: 'random', total: 1.5 },
    { mode: 'random', total: 1e9 },
    { mode: 'fair', total: 1 },
    { mode: 'equal', perUser: 1, seed: 'ab' },
  ])('%j does not go together: 400, with the field', async (order) => {
    const { poolId } = await insertMembers(api.db, 1);
    const book = await insertBook(api.db, 10);
    const { status, body } = await distribute(poolId, { bookId: book.id, ...order });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid-request', errors: [{ in: 'body' }] });
  });

  test('repeated with its key it gives nothing twice', async () => {
    const { poolId } = await insertMembers(api.db, 10);
    const book = await insertBook(api.db, 100);
    const order = { bookId: book.id, mode: 'equal', perUser: 1 };
    const headers = { 'idempotency-key': randomUUID() };
    const first = await distribute(poolId, order, headers);
    const second = await distribute(poolId, order, headers);
    expect(second.text).toBe(first.text);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect([...(await countsByOwner(api.db, book.id)).values()]).toEqual(Array(10).fill(1));
    expect((await distribute(poolId, { ...order, perUser: 2 }, headers)).status).toBe(422);
  });
});
