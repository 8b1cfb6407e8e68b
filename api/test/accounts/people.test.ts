import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { GOOD_PASSWORD, login, newEmail } from '../support/auth.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp({ patient: true });
});
afterAll(() => t.close());
beforeEach(async () => {
  admin = await t.asAdmin();
});
afterEach(() =>
  sql`UPDATE users SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE role = 'ADMIN'`.execute(
    t.db,
  ),
);

type Options = { payload?: object; as?: TestUser | null; headers?: Record<string, string> };
const call = (
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  { payload, as = admin, headers }: Options = {},
) => t.app.inject({ method, url: `/api/v1/users${url}`, payload, headers: { ...as?.headers, ...headers } });
const change = (id: string, payload: object, as?: TestUser) => call('PATCH', `/${id}`, { payload, as });

test('201 with the account, which then can be read and signs in', async () => {
  const email = newEmail();
  const created = await call('POST', '', {
    payload: { email: email.toUpperCase(), name: ' Grace Hopper ', password: GOOD_PASSWORD, role: 'ADMIN' },
  });
  expect(created.statusCode).toBe(201);
  expect(created.json()).toMatchObject({ email, name: 'Grace Hopper', role: 'ADMIN', disabledAt: null });
  expect(created.headers.location).toBe(`/api/v1/users/${created.json().id}`);
  const read = await t.app.inject({ url: created.headers.location as string, headers: admin.headers });
  expect([read.statusCode, read.json()]).toEqual([200, created.json()]);
  expect((await login(t.app, { email, password: GOOD_PASSWORD })).statusCode).toBe(200);
});

test('an account without a password is made, and nothing signs in to it', async () => {
  const email = newEmail();
  expect((await call('POST', '', { payload: { email } })).json()).toMatchObject({
    email,
    name: null,
    role: 'USER',
  });
  expect((await login(t.app, { email, password: GOOD_PASSWORD })).statusCode).toBe(401);
});

test('409 for an e-mail that is taken; and the same request by its key gets its first answer', async () => {
  const payload = { email: newEmail() };
  const headers = { 'idempotency-key': randomUUID() };
  const first = await call('POST', '', { payload, headers });
  const other = await call('POST', '', { payload: { email: payload.email.toUpperCase() } });
  expect([other.statusCode, other.json().code]).toEqual([409, 'conflict']);
  const again = await call('POST', '', { payload, headers });
  expect([again.statusCode, again.body, again.headers['idempotent-replayed']]).toEqual([
    201,
    first.body,
    'true',
  ]);
});

test.each([
  ['POST', '', { email: 'nobody' }],
  ['POST', '', { email: 'a@example.test', password: 'password123' }],
  ['POST', '', { email: 'a@example.test', role: 'ROOT' }],
  ['POST', '', { email: 'a@example.test', id: randomUUID() }],
  ['POST', '', { email: 'a@example.test', name: 'x'.repeat(201) }],
  ['PATCH', `/${randomUUID()}`, {}],
  ['PATCH', `/${randomUUID()}`, { email: 'b@example.test' }],
  ['PATCH', `/${randomUUID()}`, { disabled: 'true' }],
  ['PATCH', '/7', { disabled: true }],
  ['GET', '/7', undefined],
  ['GET', '?limit=0', undefined],
  ['GET', '?limit=201', undefined],
  ['GET', '?unknown=1', undefined],
  ['GET', '?role=ROOT', undefined],
  ['GET', '?cursor=rubbish', undefined],
  ['GET', `?cursor=${Buffer.from('["x",1]').toString('base64url')}`, undefined],
] as const)('400 for %s %s %o', async (method, url, payload) => {
  const response = await call(method, url, { payload });
  expect([response.statusCode, response.json().code]).toEqual([400, 'invalid-request']);
});

test('404 for an account there is not', async () => {
  expect((await call('GET', `/${randomUUID()}`)).json().code).toBe('not-found');
  expect((await change(randomUUID(), { disabled: true })).json().code).toBe('not-found');
  expect((await change(randomUUID(), { name: 'x' })).json().code).toBe('not-found');
});

test('403 for a USER, 401 for nobody, on every route', async () => {
  const user = await t.asUser();
  for (const [method, url, payload] of [
    ['GET', '', undefined],
    ['POST', '', { email: newEmail() }],
    ['GET', `/${user.id}`, undefined],
    ['PATCH', `/${user.id}`, { role: 'ADMIN' }],
  ] as const) {
    expect((await call(method, url, { payload, as: user })).statusCode).toBe(403);
    expect((await call(method, url, { payload, as: null })).statusCode).toBe(401);
  }
});

test('PATCH changes what is given and nothing else', async () => {
  const user = await t.asUser({ name: 'Old' });
  expect((await change(user.id, { name: ' New ' })).json()).toMatchObject({
    name: 'New',
    role: 'USER',
    disabledAt: null,
  });
  expect((await change(user.id, { role: 'ADMIN' })).json()).toMatchObject({ name: 'New', role: 'ADMIN' });
  const disabled = (await change(user.id, { disabled: true })).json();
  expect(disabled).toMatchObject({ name: 'New', role: 'ADMIN', disabledAt: expect.any(String) });
  expect((await change(user.id, { disabled: true })).json().disabledAt).toBe(disabled.disabledAt);
  expect((await change(user.id, { disabled: false, name: null })).json()).toMatchObject({
    name: null,
    disabledAt: null,
  });
});

test('the list is paged newest first, each account once, and filtered', async () => {
  const mark = randomUUID().slice(0, 8);
  const made: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    made.unshift(
      (
        await t.asUser({
          email: `${mark}_${i}%@example.test`,
          disabled: i === 1,
          role: i === 2 ? 'ADMIN' : 'USER',
        })
      ).id,
    );
  }
  // Two may have been made in one millisecond, of which neither is the newer.
  await sql`
    UPDATE users SET created_at = created_at - n * interval '1 second'
    FROM unnest(${made}::uuid[]) WITH ORDINALITY AS m(id, n) WHERE m.id = users.id`.execute(t.db);
  const ids = async (query: string) =>
    (await call('GET', `?q=${mark}${query}`)).json().items.map(({ id }: { id: string }) => id);

  const seen: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null; pages += 1) {
    const page: { items: { id: string }[]; nextCursor: string | null } = (
      await call('GET', `?q=${mark.toUpperCase()}&limit=2${cursor && `&cursor=${cursor}`}`)
    ).json();
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    expect(pages).toBeLessThan(3);
  }
  expect(seen).toEqual(made);
  expect(await ids('&disabled=true')).toEqual([made[3]]);
  expect(await ids('&disabled=false')).toHaveLength(4);
  expect(await ids('&role=ADMIN')).toEqual([made[2]]);
  expect(await ids('_1')).toEqual([made[3]]);
  expect(await ids('%25')).toEqual([]);
  expect(await ids('_1_')).toEqual([]);
});

test('409: the last enabled administrator is neither disabled nor demoted', async () => {
  await t.asAdmin({ disabled: true });
  for (const changes of [{ disabled: true }, { role: 'USER' }, { role: 'USER', disabled: true }]) {
    const response = await change(admin.id, changes);
    expect([response.statusCode, response.json().code]).toEqual([409, 'conflict']);
  }
  expect((await change(admin.id, { name: 'Still here', role: 'ADMIN', disabled: false })).statusCode).toBe(
    200,
  );
  const second = await t.asAdmin();
  expect((await change(admin.id, { role: 'USER' }, second)).statusCode).toBe(200);
});

test('two administrators who take each other’s rights at once: one of them stays, in 20 rounds of 20', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [one, two] = [admin, await t.asAdmin()];
    const changes = round % 2 === 0 ? { disabled: true } : { role: 'USER' };
    const statuses = (await Promise.all([change(one.id, changes, two), change(two.id, changes, one)])).map(
      ({ statusCode }) => statusCode,
    );
    const { rows } = await sql<{
      id: string;
    }>`SELECT id FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL`.execute(t.db);
    expect(rows).toHaveLength(1);
    // The other one was refused: as the last, or as no administrator any more.
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect([401, 403, 409]).toContain(statuses.find((status) => status !== 200));
    admin = rows[0]!.id === one.id ? one : two;
  }
});

test('12 people, or 12 administrators, are disabled at once, also while an administrator is being changed', async () => {
  const client = new pg.Client(t.databaseUrl);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [admin.id]);
  for (const role of ['USER', 'ADMIN'] as const) {
    const people = await Promise.all(Array.from({ length: 12 }, () => t.asUser({ role })));
    const answers = await Promise.all(people.map(({ id }) => change(id, { disabled: true })));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(12).fill(200));
  }
  await client.query('ROLLBACK');
  await client.end();
});
