import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestApp, TestUser } from '../support/app.ts';
import {
  addToPool,
  countsByOwner,
  insertMembers,
  type SendJob,
  sendTo,
  startDistributions,
  whileSomeAreHeld,
} from '../support/distributions.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { command, insertBook } from '../support/nodes.ts';

let api: TestApp;
let admin: TestUser;
let send: SendJob;
beforeAll(async () => {
  ({ api, admin, send } = await startDistributions());
});
afterAll(() => api.close());

const undo = (id: string, headers?: Record<string, string>) => send('POST', `/jobs/${id}/undo`, {}, headers);

async function distributeTo(
  users: readonly TestUser[],
  perUser: number,
  options: Parameters<typeof insertBook>[2] = {},
) {
  const { poolId } = await insertMembers(api.db, 0);
  await addToPool(
    api.db,
    poolId,
    users.map(({ id }) => id),
  );
  const book = await insertBook(api.db, users.length * perUser + 10, options);
  const { body: job } = await send('POST', `/pools/${poolId}/distribute`, {
    bookId: book.id,
    mode: 'equal',
    perUser,
  });
  expect(job.status).toBe('completed');
  return { job, book, poolId };
}

async function codesOf(bookId: string, user: TestUser): Promise<string[]> {
  const { rows } = await sql<{ code: string }>`
    SELECT code FROM coupons WHERE book_id = ${bookId} AND assigned_user_id = ${user.id} ORDER BY id`.execute(
    api.db,
  );
  return rows.map(({ code }) => code);
}

test('takes back all that is as it was given, with an event each, and the limit counts it no more', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => api.asUser()));
  const { job, book, poolId } = await distributeTo(users, 2, { maxAssignmentsPerUser: 2 });
  const { status, body: undone } = await undo(job.id);
  expect(status).toBe(201);
  expect(undone).toMatchObject({
    kind: 'undo',
    status: 'completed',
    bookId: book.id,
    progress: { done: 20, total: 20 },
    errors: 0,
    result: { unassigned: 20, kept: 0, of: job.id },
  });
  expect((await countsByOwner(api.db, book.id)).size).toBe(0);
  const { rows } = await sql<{ n: number; actors: string[] }>`
    SELECT count(*) AS n, array_agg(DISTINCT actor_id) AS actors FROM events
    WHERE job_id = ${undone.id} AND type = 'coupon.unassigned'`.execute(api.db);
  expect(rows).toEqual([{ n: 20, actors: [admin.id] }]);
  await checkInvariants(api.db, { bookIds: [book.id] });

  const again = await send('POST', `/pools/${poolId}/distribute`, {
    bookId: book.id,
    mode: 'equal',
    perUser: 2,
  });
  expect(again.body.result).toMatchObject({ assigned: 20, skipped: 0 });
});

test('what is locked, spent, or was given back and assigned anew stays, and is named with its reason', async () => {
  const users = await Promise.all(Array.from({ length: 8 }, () => api.asUser()));
  const { job, book } = await distributeTo(users, 1, { maxRedemptions: 2 });
  const [untouched, locked, expired, redeemed, spent, unlocked, returned, renewed] = users as [
    TestUser,
    ...TestUser[],
  ];
  const code = async (user: TestUser | undefined) => (await codesOf(book.id, user!))[0]!;
  const codes = new Map(await Promise.all(users.map(async (user) => [user, await code(user)] as const)));
  const act = async (name: 'lock' | 'unlock' | 'redeem', user: TestUser | undefined) => {
    expect(await command(api, user!, name, codes.get(user!)!)).toMatchObject({ status: 200 });
  };
  await act('lock', locked);
  await act('lock', expired);
  await sql`
    UPDATE coupons SET locked_at = clock_timestamp() - interval '10 minutes', lock_expires_at = clock_timestamp() - interval '5 minutes'
    WHERE code = ${codes.get(expired!)!}`.execute(api.db);
  for (const name of ['lock', 'redeem'] as const) await act(name, redeemed); // One of two: it is ASSIGNED again.
  for (const name of ['lock', 'redeem', 'lock', 'redeem'] as const) await act(name, spent);
  for (const name of ['lock', 'unlock'] as const) await act(name, unlocked);
  for (const user of [returned, renewed]) {
    await send('POST', `/coupons/unassign/${codes.get(user!)!}`, {});
  }
  // To the same user again, by hand: that is no longer what the distribution gave.
  await send('POST', `/coupons/assign/${codes.get(renewed!)!}`, { userId: renewed!.id });

  const { body: undone } = await undo(job.id);
  expect(undone.result).toEqual({
    unassigned: 3,
    kept: 5,
    reasons: { locked: 1, redeemed: 2, 'given-back': 1, reassigned: 1 },
    left: 0,
    of: job.id,
  });
  const owners = await countsByOwner(api.db, book.id);
  for (const user of [untouched, expired, unlocked, returned]) expect(owners.has(user!.id)).toBe(false);
  for (const user of [locked, redeemed, spent, renewed]) expect(owners.get(user!.id)).toBe(1);

  const { items } = (
    await sendTo<{ items: { value: string; reason: string }[] }>(api, admin)(
      'GET',
      `/jobs/${undone.id}/errors`,
    )
  ).body;
  expect(new Map(items.map(({ value, reason }) => [value, reason]))).toEqual(
    new Map([
      [codes.get(locked!)!, 'locked'],
      [codes.get(redeemed!)!, 'redeemed'],
      [codes.get(spent!)!, 'redeemed'],
      [codes.get(returned!)!, 'given-back'],
      [codes.get(renewed!)!, 'reassigned'],
    ]),
  );
  await checkInvariants(api.db, { bookIds: [book.id] });
});

test('what users had before, or got otherwise, is not touched', async () => {
  const users = await Promise.all(Array.from({ length: 5 }, () => api.asUser()));
  const { job, book, poolId } = await distributeTo(users, 1);
  const other = await send('POST', `/pools/${poolId}/distribute`, {
    bookId: book.id,
    mode: 'equal',
    perUser: 1,
  });
  await undo(job.id);
  expect(await countsByOwner(api.db, book.id)).toEqual(new Map(users.map(({ id }) => [id, 1])));
  const { rows } = await sql<{ n: number }>`
    SELECT count(*) AS n FROM coupons c JOIN events e ON e.coupon_id = c.id AND e.job_id = ${other.body.id}
    WHERE c.state = 'ASSIGNED'`.execute(api.db);
  expect(rows[0]!.n).toBe(5);
});

test('undone twice, or twice at once, it takes back once', async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => api.asUser()));
  const { job, book } = await distributeTo(users, 3);
  const both = await Promise.all([undo(job.id), undo(job.id)]);
  const results = both.map(({ body }) => body.result as unknown as { unassigned: number; kept: number });
  expect(results[0]!.unassigned + results[1]!.unassigned).toBe(30);
  expect((await undo(job.id)).body.result).toMatchObject({
    unassigned: 0,
    kept: 30,
    reasons: { 'given-back': 30 },
  });
  await checkInvariants(api.db, { bookIds: [book.id] });
});

test('repeated with its key: the first answer, and one job', async () => {
  const { job } = await distributeTo([await api.asUser()], 1);
  const headers = { 'idempotency-key': randomUUID() };
  const first = await undo(job.id, headers);
  expect((await undo(job.id, headers)).text).toBe(first.text);
});

test('of a book that is archived meanwhile it works all the same', async () => {
  const { job, book } = await distributeTo([await api.asUser()], 1);
  await sql`UPDATE books SET archived_at = clock_timestamp() WHERE id = ${book.id}`.execute(api.db);
  expect((await undo(job.id)).body.result).toMatchObject({ unassigned: 1 });
});

test('a cancelled distribution is undone as far as it went, and one that runs not before it has ended', async () => {
  const { poolId } = await insertMembers(api.db, 100);
  const book = await insertBook(api.db, 20_000);
  const order = { bookId: book.id, mode: 'equal', perUser: 200 };
  const id = await whileSomeAreHeld(api.db, book.id, async () => {
    const { body } = await send('POST', `/pools/${poolId}/distribute`, order, { prefer: 'respond-async' });
    await eventually(async () => (await send('GET', `/jobs/${body.id}`)).body.progress.done >= 2_000);
    expect((await undo(body.id)).status).toBe(409);
    await send('POST', `/jobs/${body.id}/cancel`, {});
    return body.id;
  });
  const cancelled = await eventually(async () => {
    const { body } = await send('GET', `/jobs/${id}`);
    return ['queued', 'running'].includes(body.status) ? undefined : body;
  });
  expect(cancelled.status).toBe('cancelled');
  const { body: undone } = await undo(id);
  expect(undone.result).toMatchObject({ unassigned: cancelled.result.assigned, kept: 0 });
  expect((await countsByOwner(api.db, book.id)).size).toBe(0);
  await checkInvariants(api.db, { bookIds: [book.id] });
});

test('an unknown job is 404, and what is no distribution 409', async () => {
  expect((await undo(randomUUID())).status).toBe(404);
  const { job } = await distributeTo([await api.asUser()], 1);
  const { body: undone } = await undo(job.id);
  expect(await undo(undone.id)).toMatchObject({ status: 409, body: { code: 'conflict' } });
});
