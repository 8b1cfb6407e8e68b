import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLanes } from '../../src/modules/coupons/commands/lanes.ts';
import { sweepExpiredLocks } from '../../src/modules/coupons/sweep.ts';
import type { TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  assignRandom,
  command,
  type CommandName,
  hasTried,
  insertBook,
  type Nodes,
  type Reply,
  startNodes,
  tally,
  times,
} from '../support/nodes.ts';
import { commandOf } from '../support/submitted-commands.ts';

let t: Nodes;
beforeAll(async () => {
  t = await startNodes();
});
afterAll(() => t.close());

test('a request that the database fails leaves the others of its group untouched', async () => {
  const book = await insertBook(t.db, 30);
  const users = await t.users(30);
  const poisoned = book.codes[11]!;
  await sql`
    CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poisoned'; END $$`.execute(
    t.db,
  );
  await sql`
    CREATE TRIGGER poison BEFORE UPDATE ON coupons FOR EACH ROW WHEN (OLD.code = ${sql.lit(poisoned)})
    EXECUTE FUNCTION poison()`.execute(t.db);
  try {
    const byCode = await Promise.all(
      users.map((user, n) => command(t.node(0), user, 'assign', book.codes[n]!)),
    );
    expect(tally(byCode)).toEqual({ '200': 29, '500 internal-error': 1 });
    expect(byCode[11]!.status).toBe(500);
    const rest = times(30, (n) => n).filter((n) => n !== 11);
    const locks = await Promise.all(rest.map((n) => command(t.node(0), users[n]!, 'lock', book.codes[n]!)));
    expect(tally(locks)).toEqual({ '200': 29 });
  } finally {
    await sql`DROP FUNCTION poison CASCADE`.execute(t.db);
  }
  expect((await command(t.node(1), users[11]!, 'assign', poisoned)).status).toBe(200);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('disabled users, demoted administrators and disabled receivers are refused within a group, and only they', async () => {
  const book = await insertBook(t.db, 40);
  const users = await t.users(4);
  const [user, disabled, receiver, disabledReceiver] = users as [TestUser, TestUser, TestUser, TestUser];
  const [admin, demoted] = [await t.nodes[0].asAdmin(), await t.nodes[0].asAdmin()];
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id IN (${disabled.id}, ${disabledReceiver.id})`.execute(
    t.db,
  );
  await sql`UPDATE users SET role = 'USER' WHERE id = ${demoted.id}`.execute(t.db);
  const senders: [string, (n: number) => Promise<Reply>][] = [
    ['200', (n) => command(t.node(0), user, 'assign', book.codes[n]!)],
    ['401 unauthenticated', (n) => command(t.node(0), disabled, 'assign', book.codes[n]!)],
    ['200', (n) => command(t.node(0), admin, 'assign', book.codes[n]!, { userId: receiver.id })],
    [
      '404 not-found',
      (n) => command(t.node(0), admin, 'assign', book.codes[n]!, { userId: disabledReceiver.id }),
    ],
    ['403 forbidden', (n) => command(t.node(0), demoted, 'assign', book.codes[n]!, { userId: receiver.id })],
    ['403 forbidden', (n) => command(t.node(0), demoted, 'assign', book.codes[n]!)],
    ['200', () => assignRandom(t.node(0), user, book.id)],
    ['401 unauthenticated', () => assignRandom(t.node(0), disabled, book.id)],
    ['404 not-found', () => assignRandom(t.node(0), admin, book.id, { userId: disabledReceiver.id })],
    ['403 forbidden', () => assignRandom(t.node(0), demoted, book.id, { userId: receiver.id })],
  ];
  // Random ones after those by code, so that they do not take each other's coupons.
  for (const part of [senders.slice(0, 6), senders.slice(6)]) {
    const replies = await Promise.all(part.flatMap(([, send], s) => times(3, (n) => send(s * 3 + n))));
    const expected = part.flatMap(([name]) => times(3, () => name));
    expect(replies.map((reply) => Object.keys(tally([reply]))[0])).toEqual(expected);
  }
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('an account that is disabled while its requests stream in gets nothing that was asked after that', async () => {
  const book = await insertBook(t.db, 400);
  const [user] = (await t.users(1)) as [TestUser];
  const before = times(100, (n) => assignRandom(t.node(n), user, book.id));
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${user.id}`.execute(t.db);
  const after = times(50, (n) => assignRandom(t.node(n), user, book.id));
  expect(tally(await Promise.all(after))).toEqual({ '401 unauthenticated': 50 });
  for (const { status } of await Promise.all(before)) expect([200, 401]).toContain(status);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a coupon that somebody else holds for long does not hold up the commands on all others', async () => {
  const book = await insertBook(t.db, 60);
  const [user] = (await t.users(1)) as [TestUser];
  for (const code of book.codes) expect((await command(t.node(0), user, 'assign', code)).status).toBe(200);
  // What is stuck is known soon, so that a slow machine has done the others before the database gives the one up.
  const submit = createLanes({ db: t.db, maxBooksAtOnce: 2, stuckMs: 100 });
  const owner = { actor: { id: user.id, role: 'USER' }, userId: user.id } as const;
  const lock = async (code: string) =>
    (await submit(commandOf(book.id, owner, { type: 'lock', code }))).status;
  const holder = await t.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM coupons WHERE code = $1 FOR UPDATE', [book.codes[0]]);
  let settled = false;
  const stuck = lock(book.codes[0]!).finally(() => {
    settled = true;
  });
  const watcher = await t.connect();
  await eventually(() => hasTried(watcher, holder));
  expect(await Promise.all(book.codes.slice(1).map(lock))).toEqual(Array(59).fill(200));
  expect(settled, 'the others were done while the one was still held').toBe(false);
  await holder.query('ROLLBACK');
  expect(await stuck).toBe(200);
  await checkInvariants(t.db, { bookIds: [book.id] });
});

test('a random mixed load of few users on few coupons, on two nodes, ends without an error and with everything in order', async () => {
  const books = [
    await insertBook(t.db, 12, { maxRedemptions: null, lockTtlSeconds: 1 }),
    await insertBook(t.db, 30, { maxRedemptions: 2, maxAssignmentsPerUser: 3 }),
    await insertBook(t.db, 8, { maxAssignmentsPerUser: 1, lockTtlSeconds: 1 }),
  ];
  const users = await t.users(9);
  const admin = await t.nodes[0].asAdmin();
  const codes = books.flatMap((book) => book.codes);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
  const names: CommandName[] = ['assign', 'lock', 'lock', 'unlock', 'redeem', 'redeem', 'redeem'];
  const one = (n: number): Promise<Reply> => {
    const asAdmin = Math.random() < 0.3;
    const user = pick(users);
    const [caller, body] = asAdmin ? [admin, { userId: user.id }] : [user, {}];
    const key = Math.random() < 0.3 ? `key-${n % 40}` : undefined;
    if (Math.random() < 0.15) return assignRandom(t.node(n), caller, pick(books).id, body, key);
    return command(t.node(n), caller, pick(names), pick(codes), body, key);
  };
  let running = true;
  const sweeper = (async () => {
    while (running) await sweepExpiredLocks(t.node(1).db);
  })();
  const replies: Reply[] = [];
  const client = async (c: number) => {
    for (let n = 0; n < 60; n++) replies.push(await one(c * 60 + n));
  };
  await Promise.all(times(60, client));
  running = false;
  await sweeper;
  const failed = replies.filter(({ status }) => status >= 500);
  expect(tally(failed)).toEqual({});
  expect(replies).toHaveLength(3_600);
  expect(tally(replies)['200']).toBeGreaterThan(50);
  await checkInvariants(t.db, { bookIds: books.map(({ id }) => id) });
});
