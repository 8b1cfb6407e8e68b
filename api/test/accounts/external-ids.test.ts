import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { GOOD_PASSWORD, login, newEmail } from '../support/auth.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp({ patient: true, config: { rateLimitScale: 10_000 } });
  admin = await t.asAdmin();
});
afterAll(() => t?.close());

const newId = () => `customer-${randomUUID()}`;

async function call(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  url: string,
  payload?: object,
  headers: Record<string, string> = admin.headers,
) {
  const response = await t.app.inject({ method, url: `/api/v1/users${url}`, payload, headers });
  return {
    status: response.statusCode,
    body: response.json<Record<string, unknown>>(),
    headers: response.headers,
  };
}
const put = (externalId: string, payload: object, headers?: Record<string, string>) =>
  call('PUT', `/by-external-id/${encodeURIComponent(externalId)}`, payload, headers);
const get = (externalId: string) => call('GET', `/by-external-id/${encodeURIComponent(externalId)}`);

test('PUT makes the account of an external id, and then changes what is given of it', async () => {
  const [externalId, email] = [newId(), newEmail()];
  const made = await put(externalId, { email: email.toUpperCase(), name: ' Ada ' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ externalId, email, name: 'Ada', role: 'USER', confirmed: true });
  expect(made.headers.location).toBe(`/api/v1/users/${String(made.body.id)}`);
  expect(await get(externalId)).toMatchObject({ status: 200, body: made.body });

  const other = newEmail();
  const changed = await put(externalId, { email: other });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({ id: made.body.id, email: other, name: 'Ada', externalId });
  expect((await put(externalId, { name: null, role: 'ADMIN' })).body).toMatchObject({
    email: other,
    name: null,
    role: 'ADMIN',
  });
  expect((await put(externalId, {})).status).toBe(200);
});

test('one account is made by 20 PUTs of one external id at once, with one e-mail and with many', async () => {
  for (const emailOf of [(email: string) => email, () => newEmail()]) {
    const [externalId, email] = [newId(), newEmail()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => put(externalId, { email: emailOf(email) })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  }
});

test('of 20 external ids that ask for one e-mail at once, one gets it', async () => {
  const email = newEmail();
  const answers = await Promise.all(Array.from({ length: 20 }, () => put(newId(), { email })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
  const refused = answers.filter(({ status }) => status === 409);
  for (const { body } of refused)
    expect(body).toMatchObject({ reason: 'taken', errors: [{ in: 'body', pointer: '/email' }] });
});

test('an e-mail that has an account is not taken over, but an administrator can give that account the id', async () => {
  const stranger = await t.asUser();
  const { rows } = await sql<{ email: string }>`SELECT email FROM users WHERE id = ${stranger.id}`.execute(
    t.db,
  );
  const externalId = newId();
  const refused = await put(externalId, { email: rows[0]!.email });
  expect(refused).toMatchObject({ status: 409, body: { errors: [{ pointer: '/email' }] } });
  expect((await get(externalId)).status).toBe(404);

  expect((await call('PATCH', `/${stranger.id}`, { externalId })).body.externalId).toBe(externalId);
  expect((await get(externalId)).body.id).toBe(stranger.id);
  const second = await t.asUser();
  for (const answer of [
    await call('PATCH', `/${second.id}`, { externalId }),
    await call('POST', '', { email: newEmail(), externalId }),
  ])
    expect(answer).toMatchObject({ status: 409, body: { errors: [{ pointer: '/externalId' }] } });

  expect((await call('PATCH', `/${stranger.id}`, { externalId: null })).body.externalId).toBeNull();
  expect((await call('PATCH', `/${second.id}`, { externalId })).status).toBe(200);
});

test('a new account needs an e-mail', async () => {
  const refused = await put(newId(), { name: 'Ada' });
  expect(refused).toMatchObject({
    status: 400,
    body: { reason: 'required', errors: [{ pointer: '/email' }] },
  });
});

test('a changed e-mail signs in, the former does not, and its access link is dead', async () => {
  const externalId = newId();
  const former = newEmail();
  const { body } = await call('POST', '', { email: former, externalId, password: GOOD_PASSWORD });
  const link = await call('POST', `/${String(body.id)}/access-link`, {});
  const email = newEmail();
  expect((await put(externalId, { email })).body.email).toBe(email);
  expect((await login(t.app, { email, password: GOOD_PASSWORD })).statusCode).toBe(200);
  expect((await login(t.app, { email: former, password: GOOD_PASSWORD })).statusCode).toBe(401);
  const opened = await t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password/reset',
    payload: { token: String(link.body.link).split('#')[1], password: 'another unusual sentence' },
  });
  expect([opened.statusCode, opened.json().reason]).toEqual([410, 'link-unknown']);
});

test.each([
  'a/b',
  'auth0|5f7c',
  'gid://shop/Customer/17?a=1#b',
  'ACME\\ada',
  'ada@example.org',
  '0017',
  '%2e',
  '"',
  '...',
  'x'.repeat(128),
])('an external id may be %s', async (shape) => {
  expect((await put(shape, { email: newEmail() })).body.externalId).toBe(shape);
  expect((await get(shape)).body.externalId).toBe(shape);
});

test.each(['a b', ' a', 'a\u0000', 'é', 'a\u200b', '\n'])('an external id may not be %j', async (shape) => {
  for (const answer of [
    await put(shape, { email: newEmail() }),
    await get(shape),
    await call('POST', '', { email: newEmail(), externalId: shape }),
    await call('PATCH', `/${admin.id}`, { externalId: shape }),
  ]) {
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ pointer: '/externalId', detail: expect.any(String) }]);
  }
});

test('an external id of one or two dots, which no path can name, or of 129 characters is refused', async () => {
  for (const externalId of ['.', '..', 'x'.repeat(129), ''])
    expect((await call('POST', '', { email: newEmail(), externalId })).status).toBe(400);
  expect((await put('x'.repeat(129), { email: newEmail() })).status).toBe(400);
  await expect(
    sql`UPDATE users SET external_id = 'a b' WHERE id = ${admin.id}`.execute(t.db),
  ).rejects.toMatchObject({ code: '23514' });
});

test('external ids differ by case, and the list finds what begins so', async () => {
  const mark = randomUUID().slice(0, 8);
  const [lower, upper] = [`${mark}_a%`, `${mark}_A%`];
  for (const id of [lower, upper]) expect((await put(id, { email: newEmail() })).status).toBe(201);
  const found = async (q: string) =>
    ((await call('GET', `?q=${encodeURIComponent(q)}`)).body.items as { externalId: string }[]).map(
      ({ externalId }) => externalId,
    );
  expect((await found(mark)).sort()).toEqual([lower, upper].sort());
  expect(await found(`${mark}_a`)).toEqual([lower]);
  expect(await found(`${mark}%`)).toEqual([]);
});

test('a USER is refused, and sees no external id but their own', async () => {
  const externalId = newId();
  const email = newEmail();
  await call('POST', '', { email, externalId, password: GOOD_PASSWORD });
  const user = await t.asUser();
  for (const headers of [user.headers, {}]) {
    const statuses = [
      (await put(externalId, { name: 'x' }, headers)).status,
      (await call('GET', `/by-external-id/${externalId}`, undefined, headers)).status,
      (await call('PATCH', `/${user.id}`, { externalId: newId() }, headers)).status,
    ];
    expect(statuses).toEqual(Array(3).fill(headers === user.headers ? 403 : 401));
  }
  const signedIn = await login(t.app, { email, password: GOOD_PASSWORD });
  const me = await t.app.inject({
    url: '/api/v1/auth/me',
    headers: { authorization: `Bearer ${String(signedIn.json().accessToken)}` },
  });
  expect(me.json().externalId).toBe(externalId);
});

test('a repeat with the same key gets the first answer', async () => {
  const externalId = newId();
  const headers = { ...admin.headers, 'idempotency-key': randomUUID() };
  const payload = { email: newEmail() };
  const [first, again] = [await put(externalId, payload, headers), await put(externalId, payload, headers)];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(again.body).toEqual(first.body);
});
