import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameUsers, NOBODY } from '../../src/modules/coupons/commands/name-users.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, command, insertBook, tally, times } from '../support/nodes.ts';
import { commandOf } from '../support/submitted-commands.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp({ config: { rateLimitScale: 10_000 } });
  admin = await t.asAdmin();
});
afterAll(async () => {
  await checkInvariants(t.db);
  await t.close();
});

const setExternalId = (user: TestUser, externalId: string | null) =>
  sql`UPDATE users SET external_id = ${externalId} WHERE id = ${user.id}`.execute(t.db);

/** Somebody whom the company knows by an id of its own. */
async function newCustomer(overrides?: Parameters<TestApp['asUser']>[0]) {
  const user = await t.asUser(overrides);
  const externalUserId = `customer-${randomUUID()}`;
  await setExternalId(user, externalUserId);
  return { user, externalUserId };
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await t.app.inject({
    method: 'GET',
    url: `/api/v1${url}`,
    headers: { ...admin.headers, ...headers },
  });
  return { status: answer.statusCode, text: answer.body };
};

test('each command is carried out for the person whom an external id names', async () => {
  const { user, externalUserId } = await newCustomer();
  const { id: bookId, codes } = await insertBook(t.db, 2, { maxAssignmentsPerUser: 2 });
  const [code] = codes;
  const who = { externalUserId };
  expect((await command(t, admin, 'assign', code!, who)).body).toMatchObject({ ownerId: user.id });
  expect((await command(t, admin, 'lock', code!, who)).body).toMatchObject({ state: 'LOCKED' });
  expect((await command(t, admin, 'unlock', code!, who)).body).toMatchObject({ state: 'ASSIGNED' });
  expect((await command(t, admin, 'lock', code!, who)).status).toBe(200);
  expect((await command(t, admin, 'redeem', code!, who)).body).toMatchObject({ state: 'REDEEMED' });
  expect((await assignRandom(t, admin, bookId, who)).body).toMatchObject({ ownerId: user.id });
  expect((await assignRandom(t, admin, bookId, who)).body).toMatchObject({
    code: 'assignment-limit-reached',
  });
  const { rows } = await sql<{ userId: string; actorId: string }>`
    SELECT DISTINCT user_id AS "userId", actor_id AS "actorId" FROM events WHERE book_id = ${bookId}`.execute(
    t.db,
  );
  expect(rows).toEqual([{ userId: user.id, actorId: admin.id }]);
});

test('commands for external ids go well in groups of all sizes, also in those that take one trip', async () => {
  const customers: Awaited<ReturnType<typeof newCustomer>>[] = [];
  while (customers.length < 40) customers.push(await newCustomer());
  const { id: bookId } = await insertBook(t.db, 400, { maxAssignmentsPerUser: 10 });
  for (const size of [1, 1, 1, 1, 1, 5, 40, 40]) {
    const some = customers.slice(0, size);
    const given = await Promise.all(
      some.map(({ externalUserId }) => assignRandom(t, admin, bookId, { externalUserId })),
    );
    expect(given.map(({ body }) => body.ownerId)).toEqual(some.map(({ user }) => user.id));
    for (const name of ['lock', 'redeem'] as const) {
      const done = await Promise.all(
        given.map(({ body }, n) =>
          command(t, admin, name, body.code as string, { externalUserId: some[n]!.externalUserId }),
        ),
      );
      expect(tally(done)).toEqual({ 200: size });
    }
  }
});

test('both names at once, and what can be no external id, are refused at the field, by commands and by lists', async () => {
  const { user, externalUserId } = await newCustomer();
  const { id: bookId, codes } = await insertBook(t.db, 1);
  const both = { userId: user.id, externalUserId };
  const wrong = { externalUserId: 'with a space' };
  for (const [body, reason] of [
    [both, 'one-name'],
    [wrong, 'not-an-external-id'],
  ] as const) {
    const expected = { status: 400, body: { errors: [{ pointer: '/externalUserId', reason }] } };
    expect(await assignRandom(t, admin, bookId, body)).toMatchObject(expected);
    for (const name of ['assign', 'lock', 'unlock', 'redeem'] as const)
      expect(await command(t, admin, name, codes[0]!, body)).toMatchObject(expected);
    const query = new URLSearchParams(body).toString();
    for (const list of [`/books/${bookId}/coupons`, '/events', '/redemptions']) {
      const answer = await get(`${list}?${query}`);
      expect([list, answer.status, answer.text]).toEqual([list, 400, expect.stringContaining(reason)]);
      expect(answer.text).toContain('"in":"query"');
    }
  }
});

test('a USER may name themselves, and cannot tell whether others exist', async () => {
  const { user, externalUserId } = await newCustomer();
  const other = await newCustomer();
  const { id: bookId, codes } = await insertBook(t.db, 3);
  expect((await assignRandom(t, user, bookId, { externalUserId })).body).toMatchObject({ ownerId: user.id });
  expect((await command(t, user, 'assign', codes[0]!, { userId: other.user.id })).status).toBe(403);

  const asked = [other.externalUserId, `customer-${randomUUID()}`];
  for (const key of [undefined, () => randomUUID()]) {
    const answers = await Promise.all(
      asked.flatMap((externalUserId) => [
        assignRandom(t, user, bookId, { externalUserId }, key?.()),
        command(t, user, 'assign', codes[1]!, { externalUserId }, key?.()),
        command(t, user, 'redeem', codes[1]!, { externalUserId }, key?.()),
      ]),
    );
    for (const { status, body } of answers)
      expect([status, body.code, body.reason]).toEqual([403, 'forbidden', 'admins-only']);
  }
});

test('an external id without an account is refused alone: the rest of its group gets what it asked for', async () => {
  const { externalUserId } = await newCustomer();
  const disabled = await newCustomer({ disabled: true });
  const user = await t.asUser();
  const { id: bookId, codes } = await insertBook(t.db, 200);
  const unknown = { externalUserId: 'nobody-has-this' };
  const toDisabled = { externalUserId: disabled.externalUserId };
  const bodies = [{ externalUserId }, unknown, { userId: user.id }, toDisabled, {}];
  // Often enough that the next group is expected to go well, and does not.
  for (let n = 0; n < 5; n += 1) await assignRandom(t, admin, bookId);
  const random = await Promise.all(times(50, (n) => assignRandom(t, admin, bookId, bodies[n % 5]!)));
  expect(tally(random)).toEqual({ 200: 30, '404 not-found': 20 });
  const free = await sql<{ code: string }>`
    SELECT code FROM coupons WHERE book_id = ${bookId} AND state = 'UNASSIGNED' LIMIT 50`.execute(t.db);
  const given = await Promise.all(
    free.rows.map(({ code }, n) => command(t, admin, 'assign', code, bodies[n % 5]!)),
  );
  expect(tally(given)).toEqual({ 200: 30, '404 not-found': 20 });
  for (const { status, body } of [...random, ...given])
    if (status === 404) expect(body.reason).toBe('no-such-active-user');

  // Nothing but nobody: nothing is looked for.
  expect(tally(await Promise.all(times(10, () => assignRandom(t, admin, bookId, unknown))))).toEqual({
    '404 not-found': 10,
  });
  expect((await command(t, admin, 'lock', codes[0]!, unknown)).status).toBe(404);
});

test('a repeat gets the first answer, also when the external id names somebody else by then', async () => {
  const { user, externalUserId } = await newCustomer();
  const heir = await t.asUser();
  const { id: bookId } = await insertBook(t.db, 5);
  const key = randomUUID();
  const first = await assignRandom(t, admin, bookId, { externalUserId }, key);
  expect(first.body).toMatchObject({ ownerId: user.id });
  for (const [from, to] of [
    [user, null],
    [user, heir],
  ] as const) {
    await setExternalId(from, null);
    if (to) await setExternalId(to, externalUserId);
    const again = await assignRandom(t, admin, bookId, { externalUserId }, key);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers['idempotent-replayed']).toBe('true');
  }
  expect((await assignRandom(t, admin, bookId, { externalUserId }, key)).text).toBe(first.text);
  expect((await assignRandom(t, admin, bookId, { userId: user.id }, key)).status).toBe(422);
  expect((await assignRandom(t, admin, bookId, { externalUserId })).body).toMatchObject({
    ownerId: heir.id,
  });
});

test('while an external id goes from one account to another, each coupon is given to one of the two, afterwards to the second', async () => {
  const { user, externalUserId } = await newCustomer();
  const heir = await t.asUser();
  const { id: bookId } = await insertBook(t.db, 120);
  const move = () =>
    t.db.transaction().execute(async (trx) => {
      await sql`UPDATE users SET external_id = NULL WHERE id = ${user.id}`.execute(trx);
      await sql`UPDATE users SET external_id = ${externalUserId} WHERE id = ${heir.id}`.execute(trx);
    });
  const during = times(60, () => assignRandom(t, admin, bookId, { externalUserId }));
  await move();
  const after = await Promise.all(times(20, () => assignRandom(t, admin, bookId, { externalUserId })));
  for (const { body } of after) expect(body.ownerId).toBe(heir.id);
  for (const { status, body } of await Promise.all(during))
    expect([status, [user.id, heir.id].includes(body.ownerId as string)]).toEqual([200, true]);
});

test('an account that is disabled in the same moment gets a coupon before that or none, and spoils nothing for others', async () => {
  const { id: bookId } = await insertBook(t.db, 200);
  const { externalUserId } = await newCustomer();
  for (let n = 0; n < 10; n += 1) {
    const { user, externalUserId: disabled } = await newCustomer();
    const [toDisabled, toOther] = await Promise.all([
      assignRandom(t, admin, bookId, { externalUserId: disabled }),
      assignRandom(t, admin, bookId, { externalUserId }),
      sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${user.id}`.execute(t.db),
    ]);
    expect(toOther.status).toBe(200);
    expect([200, 404]).toContain(toDisabled.status);
    expect((await assignRandom(t, admin, bookId, { externalUserId: disabled })).status).toBe(404);
  }
});

test('lists show what belongs to an external id as they do for the id, also as CSV', async () => {
  const { user, externalUserId } = await newCustomer();
  const other = await t.asUser();
  const { id: bookId, codes } = await insertBook(t.db, 2);
  for (const [code, userId] of [
    [codes[0]!, user.id],
    [codes[1]!, other.id],
  ]) {
    for (const name of ['assign', 'lock', 'redeem'] as const)
      expect((await command(t, admin, name, code!, { userId })).status).toBe(200);
  }
  for (const list of [`/books/${bookId}/coupons`, '/events', '/redemptions'])
    for (const accept of ['application/json', 'text/csv']) {
      const headers = { accept };
      const [byId, byExternalId] = [
        await get(`${list}?userId=${user.id}`, headers),
        await get(`${list}?externalUserId=${externalUserId}`, headers),
      ];
      expect(byExternalId.status).toBe(200);
      // Every coupon has its own time of the answer.
      const untimed = (text: string) => text.replaceAll(/"serverTime":"[^"]+"/g, '');
      expect(untimed(byExternalId.text)).toBe(untimed(byId.text));
      expect(byExternalId.text).toContain(codes[0]);
      expect(byExternalId.text).not.toContain(codes[1]);
      const unknown = await get(`${list}?externalUserId=nobody-has-this`, headers);
      expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('no-such-user')]);
    }
});

test('a group asks once for all external ids, and not at all when it has none', async () => {
  let statements = 0;
  const db = t.db.withPlugin({
    transformQuery({ node }) {
      statements += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const { user, externalUserId } = await newCustomer();
  const actor = { id: admin.id, role: 'ADMIN' } as const;
  const plain = times(50, () => commandOf(randomUUID(), { actor, userId: user.id }));
  expect(await nameUsers(db, plain)).toBe(plain);
  expect(statements).toBe(0);
  const named = plain.map((one, n) => ({
    ...one,
    userId: NOBODY,
    externalUserId: n === 0 ? 'nobody-has-this' : externalUserId,
  }));
  const found = await nameUsers(db, [...named, ...plain]);
  expect(found.map(({ userId }) => userId)).toEqual([NOBODY, ...Array<string>(99).fill(user.id)]);
  expect(statements).toBe(1);
});
