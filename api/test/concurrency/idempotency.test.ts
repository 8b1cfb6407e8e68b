import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestUser } from '../support/app.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  assignRandom,
  command,
  insertBook,
  type Nodes,
  type Reply,
  startNodes,
  tally,
  times,
} from '../support/nodes.ts';

let t: Nodes;
let user: TestUser;
let other: TestUser;
beforeAll(async () => {
  t = await startNodes();
  [user, other] = (await t.users(2)) as [TestUser, TestUser];
});
afterAll(() => t.close());

const countEvents = async (bookId: string) => {
  const { rows } = await sql<{
    n: number;
  }>`SELECT count(*) AS n FROM events WHERE book_id = ${bookId}`.execute(t.db);
  return rows[0]!.n;
};

/** Of answers to one request sent many times: each is the first answer, to the byte, or says that it still runs. */
function expectOneAnswer(replies: readonly Reply[], status: number): string {
  const answered = replies.filter((reply) => reply.status === status);
  expect(answered.length).toBeGreaterThan(0);
  expect(new Set(answered.map(({ text }) => text)).size).toBe(1);
  expect(answered.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  for (const reply of replies) {
    if (reply.status === status) continue;
    expect(tally([reply])).toEqual({ '409 conflict': 1 });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  }
  return answered[0]!.text;
}

test('one key sent 20 times at once to two nodes assigns one random coupon, and every answer is that one', async () => {
  for (let round = 0; round < 5; round++) {
    const book = await insertBook(t.db, 50);
    const replies = await Promise.all(
      times(20, (n) => assignRandom(t.node(n), user, book.id, {}, `random-${round}`)),
    );
    const first = expectOneAnswer(replies, 200);
    expect(await countEvents(book.id)).toBe(1);
    const again = await assignRandom(t.node(round), user, book.id, {}, `random-${round}`);
    expect(again).toMatchObject({ status: 200, text: first, headers: { 'idempotent-replayed': 'true' } });
    await checkInvariants(t.db, { bookIds: [book.id] });
  }
});

test('one key sent 20 times at once redeems once, though the coupon has redemptions left', async () => {
  const book = await insertBook(t.db, 5, { maxRedemptions: null });
  for (const code of book.codes) {
    for (const name of ['assign', 'lock'] as const) await command(t.node(0), user, name, code);
    const replies = await Promise.all(
      times(20, (n) => command(t.node(n), user, 'redeem', code, {}, `redeem-${code}`)),
    );
    const first = expectOneAnswer(replies, 200);
    await command(t.node(0), user, 'lock', code);
    const again = await command(t.node(1), user, 'redeem', code, {}, `redeem-${code}`);
    expect(again.text, 'also when a new lock would let it be redeemed again').toBe(first);
  }
  await checkInvariants(t.db, { bookIds: [book.id] });
  const { rows } = await sql`SELECT FROM redemption_history WHERE book_id = ${book.id}`.execute(t.db);
  expect(rows).toHaveLength(5);
});

test('a refusal is repeated to the byte too, when the request would succeed by now', async () => {
  const book = await insertBook(t.db, 1);
  const code = book.codes[0]!;
  await command(t.node(0), user, 'assign', code);
  const first = await command(t.node(0), user, 'redeem', code, {}, 'early');
  expect(tally([first])).toEqual({ '400 not-locked': 1 });
  await command(t.node(0), user, 'lock', code);
  const again = await command(t.node(1), user, 'redeem', code, {}, 'early');
  expect(again).toMatchObject({ status: 400, text: first.text, headers: { 'idempotent-replayed': 'true' } });
  expect((await command(t.node(1), user, 'redeem', code, {}, 'late')).status).toBe(200);
});

test('a key with another body, code or command is 422, also when both are sent at once', async () => {
  const book = await insertBook(t.db, 4, { maxRedemptions: null });
  const [one, two] = book.codes as [string, string];
  for (const code of [one, two]) {
    for (const name of ['assign', 'lock'] as const) await command(t.node(0), user, name, code);
  }
  expect((await command(t.node(0), user, 'redeem', one, { metadata: { till: 1 } }, 'k')).status).toBe(200);
  const reused = await Promise.all([
    command(t.node(1), user, 'redeem', one, { metadata: { till: 2 } }, 'k'),
    command(t.node(1), user, 'redeem', two, { metadata: { till: 1 } }, 'k'),
    command(t.node(0), user, 'unlock', two, {}, 'k'),
    command(t.node(0), user, 'assign', book.codes[2]!, {}, 'k'),
    assignRandom(t.node(1), user, book.id, {}, 'k'),
  ]);
  expect(tally(reused)).toEqual({ '422 idempotency-key-reused': 5 });

  const replies = await Promise.all(
    times(20, (n) => command(t.node(n), user, 'redeem', two, { metadata: { till: n % 2 } }, 'at once')),
  );
  const counts = tally(replies);
  expect(
    Object.keys(counts).every((name) => /^200|422|409 conflict/.test(name)),
    JSON.stringify(counts),
  ).toBe(true);
  expect(new Set(replies.filter(({ status }) => status === 200).map(({ text }) => text)).size).toBe(1);
  const { rows } = await sql`SELECT FROM redemption_history WHERE book_id = ${book.id}`.execute(t.db);
  expect(rows).toHaveLength(2);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a key belongs to its caller: another user, and an ADMIN acting for the user, have their own', async () => {
  const book = await insertBook(t.db, 10);
  const admin = await t.nodes[0].asAdmin();
  const replies = await Promise.all([
    assignRandom(t.node(0), user, book.id, {}, 'same'),
    assignRandom(t.node(1), other, book.id, {}, 'same'),
    assignRandom(t.node(0), admin, book.id, { userId: user.id }, 'same'),
  ]);
  expect(tally(replies)).toEqual({ '200': 3 });
  expect(new Set(replies.map(({ body }) => body.code)).size).toBe(3);
});

test('an answer that is of the moment is not kept: the same key succeeds later', async () => {
  const book = await insertBook(t.db, 3);
  const [blocked] = (await t.users(1)) as [TestUser];
  const disabledAt = (value: boolean) =>
    sql`UPDATE users SET disabled_at = CASE WHEN ${value} THEN clock_timestamp() END WHERE id = ${blocked.id}`.execute(
      t.db,
    );
  await disabledAt(true);
  expect((await assignRandom(t.node(0), blocked, book.id, {}, 'moment')).status).toBe(401);
  await disabledAt(false);
  expect((await assignRandom(t.node(1), blocked, book.id, {}, 'moment')).status).toBe(200);
});
