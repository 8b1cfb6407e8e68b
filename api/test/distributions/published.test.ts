import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DrawRecord, findDrawFaults } from '../../src/modules/distributions/verify.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import {
  countsByOwner,
  insertMembers,
  type SendJob,
  sendTo,
  startDistributions,
} from '../support/distributions.ts';
import { insertBook } from '../support/nodes.ts';

let api: TestApp;
let admin: TestUser;
let send: SendJob;
beforeAll(async () => {
  ({ api, admin, send } = await startDistributions());
});
afterAll(() => api.close());

const distribute = (poolId: string, order: object) => send('POST', `/pools/${poolId}/distribute`, order);
const drawOf = async (id: string) =>
  (
    await sendTo<DrawRecord & { shares: { given: number; userId: string; share: number }[] }>(api, admin)(
      'GET',
      `/jobs/${id}/draw`,
    )
  ).body;

test('a draw is published with its seed, list and outcome, and can be repeated from them', async () => {
  const { poolId } = await insertMembers(api.db, 25);
  const book = await insertBook(api.db, 100);
  const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'random', total: 60 });
  const draw = await drawOf(job.id);
  expect(draw).toMatchObject({
    algorithm: 1,
    seed: job.result.seed,
    jobId: job.id,
    poolId,
    bookId: book.id,
  });
  expect(findDrawFaults(draw)).toEqual([]);
  expect(findDrawFaults({ ...draw, seed: 'ab'.repeat(32) })).not.toEqual([]);
  const counts = await countsByOwner(api.db, book.id);
  for (const { userId, share, given } of draw.shares)
    expect([given, counts.get(userId) ?? 0]).toEqual([share, share]);
});

test('the draw of a large pool is published in full', async () => {
  const { poolId, userIds } = await insertMembers(api.db, 12_000);
  const book = await insertBook(api.db, 100);
  const { body: job } = await distribute(poolId, { bookId: book.id, mode: 'random', total: 100 });
  const draw = await drawOf(job.id);
  expect(draw.shares.map(({ userId }) => userId).sort()).toEqual(userIds);
  expect(findDrawFaults(draw)).toEqual([]);
});

test('two distributions have two seeds', async () => {
  const { poolId } = await insertMembers(api.db, 3);
  const book = await insertBook(api.db, 10);
  const seeds = [];
  for (let n = 0; n < 2; n += 1) {
    seeds.push((await distribute(poolId, { bookId: book.id, mode: 'equal', perUser: 1 })).body.result.seed);
  }
  expect(seeds[0]).not.toBe(seeds[1]);
});

test('the draw of a job that is no distribution, or of none, is 404', async () => {
  const book = await insertBook(api.db, 0);
  const { body: job } = await send('POST', `/books/${book.id}/codes/generate`, { count: 3 });
  for (const id of [job.id, randomUUID()]) expect((await send('GET', `/jobs/${id}/draw`)).status).toBe(404);
});
