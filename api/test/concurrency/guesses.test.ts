import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';
import type { TestUser } from '../support/app.ts';
import {
  command,
  type CommandName,
  insertBook,
  type Nodes,
  startNodes,
  tally,
  type TestBook,
  times,
} from '../support/nodes.ts';

const [PER_USER, PER_ADDRESS] = [30, 300];

let t: Nodes;
let book: TestBook;
let owner: TestUser;
beforeAll(async () => {
  t = await startNodes({ config: { rateLimitScale: 1 } });
  book = await insertBook(t.db, 40);
  [owner] = (await t.users(1)) as [TestUser];
  const admin = await t.nodes[0].asAdmin();
  // Coupons 0 to 9 are the owner's; the others are nobody's.
  for (const code of book.codes.slice(0, 10))
    await command(t.node(0), admin, 'assign', code, { userId: owner.id });
});
afterAll(() => t.close());

const wrong = (n: number) => `WRONG-${n}`;
const forgetAddress = () => sql`DELETE FROM budgets WHERE scope LIKE 'codes:address:%'`.execute(t.db);

async function read(user: TestUser, code: string, n = 0): Promise<string> {
  const { statusCode, body } = await t
    .node(n)
    .app.inject({ method: 'GET', url: `/api/v1/coupons/${code}`, headers: user.headers });
  return statusCode === 200 ? '200' : `${statusCode} ${(JSON.parse(body) as { code: string }).code}`;
}

test('a wrong code, a foreign one and one of nobody look the same', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const ask = async (code: string) => {
    const { status, body, headers } = await command(t.node(0), user, 'lock', code);
    const { requestId: _own, instance: _path, ...rest } = body;
    const { date: _now, 'x-request-id': _id, 'content-length': _length, ...others } = headers;
    return { status, rest, others: Object.keys(others).sort() };
  };
  const answers = [await ask(wrong(1)), await ask(book.codes[0]!), await ask(book.codes[30]!)];
  expect(answers[0]).toMatchObject({ status: 403, rest: { code: 'not-your-coupon' } });
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
});

test('200 guesses at once, which are one group, get no further than the budget', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const replies = await Promise.all(times(200, (n) => command(t.node(0), user, 'redeem', wrong(n))));
  expect(tally(replies)).toEqual({ '403 not-your-coupon': PER_USER, '429 rate-limited': 200 - PER_USER });
  for (const { status, headers } of replies)
    if (status === 429) expect(Number(headers['retry-after'])).toBeGreaterThan(500);
  await forgetAddress();
});

test('200 looks at once get no further than the budget, on two nodes', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const seen = await Promise.all(times(200, (n) => read(user, wrong(n), n)));
  const answered = seen.filter((outcome) => outcome === '403 not-your-coupon').length;
  expect(answered).toBe(PER_USER);
  expect(seen.filter((outcome) => outcome === '429 rate-limited')).toHaveLength(200 - answered);
  await forgetAddress();
});

test('a budget spent on one node is spent on the other, for right and wrong codes alike, never for own coupons', async () => {
  const [user] = (await t.users(1)) as [TestUser];
  const own = book.codes[20]!;
  expect((await command(t.node(1), user, 'assign', own)).status).toBe(200);
  const half = Array.from({ length: PER_USER / 2 }, (_, n) => n);
  for (const n of half) expect((await command(t.node(0), user, 'lock', wrong(n))).status).toBe(403);
  for (const n of half) expect(await read(user, wrong(n), 1)).toBe('403 not-your-coupon');

  const names: CommandName[] = ['lock', 'redeem', 'unlock', 'assign'];
  for (const name of names) {
    const foreign = await command(t.node(1), user, name, book.codes[0]!);
    const absent = await command(t.node(1), user, name, wrong(1));
    const nobodys = await command(t.node(0), user, name, book.codes[31]!);
    expect(tally([foreign, absent, nobodys]), name).toEqual({ '429 rate-limited': 3 });
  }
  expect(await read(user, book.codes[0]!)).toBe('429 rate-limited');
  expect(await read(user, book.codes[31]!, 1)).toBe('429 rate-limited');

  expect(await read(user, own)).toBe('200');
  for (const name of ['lock', 'redeem'] as const) {
    expect((await command(t.node(0), user, name, own)).status, name).toBe(200);
  }
  expect(tally([await command(t.node(0), user, 'lock', own)])).toEqual({ '400 invalid-state': 1 });
  await forgetAddress();
});

test('an address that has guessed too much, by however many accounts, learns nothing more; own coupons still work', async () => {
  const users = await t.users(PER_ADDRESS / (PER_USER - 5));
  for (const [u, user] of users.entries()) {
    const replies = await Promise.all(times(PER_USER - 5, (n) => command(t.node(u), user, 'lock', wrong(n))));
    expect(tally(replies)).toEqual({ '403 not-your-coupon': PER_USER - 5 });
  }
  const [fresh] = (await t.users(1)) as [TestUser];
  expect(tally([await command(t.node(0), fresh, 'lock', wrong(1))])).toEqual({ '429 rate-limited': 1 });
  expect(tally([await command(t.node(1), fresh, 'assign', book.codes[32]!)])).toEqual({
    '429 rate-limited': 1,
  });
  expect((await command(t.node(1), owner, 'lock', book.codes[0]!)).status).toBe(200);
  const elsewhere = await t.nodes[0].app.inject({
    method: 'POST',
    url: `/api/v1/coupons/lock/${wrong(1)}`,
    headers: fresh.headers,
    payload: {},
    remoteAddress: '198.51.100.7',
  });
  expect(elsewhere.statusCode).toBe(403);
  await forgetAddress();
});

test("one user's refused looks do not spend what the address has for others", async () => {
  const [spammer, neighbour] = (await t.users(2)) as [TestUser, TestUser];
  await Promise.all(times(400, (n) => read(spammer, wrong(n), n)));
  expect(await read(neighbour, wrong(1))).toBe('403 not-your-coupon');
  await forgetAddress();
});

test('an ADMIN has nothing to guess: wrong codes cost nothing and are told as such', async () => {
  const admin = await t.nodes[0].asAdmin();
  const replies = await Promise.all(times(100, (n) => command(t.node(n), admin, 'lock', wrong(n))));
  expect(tally(replies)).toEqual({ '404 not-found': 100 });
});
