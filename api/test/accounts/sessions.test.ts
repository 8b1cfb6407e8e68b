import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteExpiredSessions } from '../../src/modules/accounts/sessions/queries.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Account, bearer, login, makeAccount, refresh, sessionOf } from '../support/auth.ts';

let t: TestApp;
let account: Account;
beforeAll(async () => {
  t = await startTestApp({ patient: true, config: { rateLimitScale: 100 } });
  account = await makeAccount(t);
});
afterAll(() => t.close());

const signIn = async (who: Account = account) => sessionOf(await login(t.app, who))!;
const logout = (session: string, headers: Record<string, string> = {}) =>
  t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/logout',
    cookies: { coupon_book_session: session },
    headers,
  });
/** Makes all sessions of a user older than they are. */
const age = (userId: string, interval: string) =>
  sql`UPDATE sessions SET
    created_at = created_at - ${interval}::interval, expires_at = expires_at - ${interval}::interval,
    last_used_at = last_used_at - ${interval}::interval, rotated_at = rotated_at - ${interval}::interval
    WHERE user_id = ${userId}`.execute(t.db);

test('a refresh answers an access token and replaces the session token; only hashes are kept', async () => {
  const session = await signIn();
  const response = await refresh(t.app, session);
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({
    accessToken: expect.any(String),
    expiresIn: 900,
    user: expect.objectContaining({ id: account.id, email: account.email }),
  });
  expect((await t.app.inject({ url: '/api/v1/auth/me', headers: bearer(response) })).statusCode).toBe(200);
  const next = sessionOf(response)!;
  expect(next).not.toBe(session);
  expect((await refresh(t.app, next)).statusCode).toBe(200);
  const { rows } = await sql<{ row: string }>`SELECT sessions::text AS row FROM sessions`.execute(t.db);
  for (const { row } of rows) expect(row).not.toContain(next);
});

test.each([
  ['no cookie', undefined],
  ['rubbish', 'rubbish'],
  ['a token there is not', 'x'.repeat(43)],
])('401 for %s', async (_name, session) => {
  const response = await refresh(t.app, session);
  expect([response.statusCode, response.json().code]).toEqual([401, 'unauthenticated']);
});

test('two tabs that refresh at once, and a repeat after a lost answer, end up with the same session', async () => {
  const session = await signIn();
  const tabs = await Promise.all([refresh(t.app, session), refresh(t.app, session), refresh(t.app, session)]);
  expect(tabs.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  const next = new Set(tabs.map(sessionOf));
  expect(next.size).toBe(1);
  await age(account.id, '50 seconds');
  expect(sessionOf(await refresh(t.app, session))).toBe([...next][0]);
  expect((await refresh(t.app, [...next][0])).statusCode).toBe(200);
});

test('a replaced token that comes back after the grace ends the session for the thief and the owner', async () => {
  const stolen = await signIn();
  const owners = sessionOf(await refresh(t.app, stolen));
  await age(account.id, '61 seconds');
  expect((await refresh(t.app, stolen)).statusCode).toBe(401);
  expect((await refresh(t.app, owners)).statusCode).toBe(401);
});

test('a token two behind opens nothing', async () => {
  const first = await signIn();
  const second = sessionOf(await refresh(t.app, first));
  const third = sessionOf(await refresh(t.app, second));
  expect((await refresh(t.app, first)).statusCode).toBe(401);
  expect((await refresh(t.app, third)).statusCode).toBe(200);
});

test('signing out ends the session, clears the cookie, and leaves other devices alone', async () => {
  const here = await signIn();
  const there = await signIn();
  const response = await logout(here);
  expect([response.statusCode, response.body]).toEqual([204, '']);
  expect(response.headers['set-cookie']).toMatch(/^coupon_book_session=; Max-Age=0; Path=\/api\/v1\/auth;/);
  expect((await refresh(t.app, here)).statusCode).toBe(401);
  expect((await refresh(t.app, there)).statusCode).toBe(200);
  expect((await logout(here)).statusCode).toBe(204);
});

test('signing out with the token before the present one ends the session too', async () => {
  const before = await signIn();
  const present = sessionOf(await refresh(t.app, before));
  await logout(before);
  expect((await refresh(t.app, present)).statusCode).toBe(401);
});

test('a session ends 14 days after its last use and 30 days after the sign-in, and is then forgotten', async () => {
  const someone = await makeAccount(t);
  const idle = await signIn(someone);
  await age(someone.id, '14 days 1 minute');
  expect((await refresh(t.app, idle)).statusCode).toBe(401);

  let used = await signIn(someone);
  for (const _ of [1, 2]) {
    await age(someone.id, '13 days');
    used = sessionOf(await refresh(t.app, used))!;
    expect(used).toBeDefined();
  }
  await age(someone.id, '4 days 1 minute');
  expect((await refresh(t.app, used)).statusCode).toBe(401);

  const kept = await signIn(someone);
  await deleteExpiredSessions(t.db);
  const { rows } = await sql`SELECT FROM sessions WHERE user_id = ${someone.id}`.execute(t.db);
  expect(rows).toHaveLength(1);
  expect((await refresh(t.app, kept)).statusCode).toBe(200);
});

test('an account keeps its 50 newest sessions', async () => {
  const someone = await makeAccount(t);
  const first = await signIn(someone);
  await age(someone.id, '1 minute'); // Of those of one millisecond none is the oldest.
  await sql`
    INSERT INTO sessions (user_id, token_hash, rotation_key, address, expires_at)
    SELECT ${someone.id}, sha256(n::text::bytea), sha256('key'), '192.0.2.1', clock_timestamp() + interval '1 day'
    FROM generate_series(1, 50) n`.execute(t.db);
  const last = await signIn(someone);
  const { rows } = await sql<{
    count: number;
  }>`SELECT count(*) FROM sessions WHERE user_id = ${someone.id}`.execute(t.db);
  expect(rows[0]!.count).toBe(50);
  expect((await refresh(t.app, first)).statusCode).toBe(401);
  expect((await refresh(t.app, last)).statusCode).toBe(200);
});

test('a refresh tells of a role that has changed', async () => {
  const someone = await makeAccount(t);
  const session = await signIn(someone);
  await sql`UPDATE users SET role = 'ADMIN' WHERE id = ${someone.id}`.execute(t.db);
  const response = await refresh(t.app, session);
  expect(response.json().user.role).toBe('ADMIN');
  expect((await t.app.inject({ url: '/api/v1/users', headers: bearer(response) })).statusCode).toBe(200);
});

const NEW_PASSWORD = 'quite another sentence';
const changePassword = (
  headers: Record<string, string>,
  session: string | undefined,
  payload: { currentPassword: string; newPassword: string },
) =>
  t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password',
    headers,
    payload,
    cookies: session ? { coupon_book_session: session } : {},
  });

test('a changed password ends every other session, opens with the new one only, and repeats by its key', async () => {
  const someone = await makeAccount(t);
  const there = await signIn(someone);
  const here = await login(t.app, someone);
  const headers = { ...bearer(here), 'idempotency-key': 'change-of-password' };
  const payload = { currentPassword: someone.password, newPassword: NEW_PASSWORD };

  const changed = await changePassword(headers, sessionOf(here), payload);
  expect([changed.statusCode, changed.body]).toEqual([204, '']);
  expect((await refresh(t.app, there)).statusCode).toBe(401);
  expect((await refresh(t.app, sessionOf(here))).statusCode).toBe(200);
  expect((await login(t.app, someone)).statusCode).toBe(401);
  expect((await login(t.app, { ...someone, password: NEW_PASSWORD })).statusCode).toBe(200);

  const again = await changePassword(headers, sessionOf(here), payload);
  expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([204, 'true']);
  const other = await changePassword(headers, sessionOf(here), {
    ...payload,
    newPassword: 'one more sentence',
  });
  expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency-key-reused']);
});

test('401 for a wrong current password, 400 for a new one that is too easy; nothing changes', async () => {
  const here = await login(t.app, account);
  const wrong = await changePassword(bearer(here), undefined, {
    currentPassword: 'wrong',
    newPassword: NEW_PASSWORD,
  });
  expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'unauthenticated']);
  const easy = { currentPassword: account.password, newPassword: 'password123' };
  const refused = await changePassword(bearer(here), undefined, easy);
  expect(refused.statusCode).toBe(400);
  expect(refused.json().errors[0].pointer).toBe('/newPassword');
  expect((await refresh(t.app, sessionOf(here))).statusCode).toBe(200);
});

test('of two changes of one password at once, one wins', async () => {
  const someone = await makeAccount(t);
  const here = await login(t.app, someone);
  const change = (newPassword: string) =>
    changePassword(bearer(here), undefined, { currentPassword: someone.password, newPassword });
  const both = await Promise.all([change('one sentence of mine'), change('another sentence of mine')]);
  expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([204, 401]);
});

test.each([
  ['disabled', { disabled: true }],
  ['no longer ADMIN', { role: 'USER' }],
])('an account that is %s is signed out everywhere', async (_name, changes) => {
  const someone = await makeAccount(t);
  await sql`UPDATE users SET role = 'ADMIN' WHERE id = ${someone.id}`.execute(t.db);
  const session = await signIn(someone);
  const { headers } = await t.asAdmin();
  await t.app.inject({ method: 'PATCH', url: `/api/v1/users/${someone.id}`, headers, payload: changes });
  expect((await refresh(t.app, session)).statusCode).toBe(401);
  await t.app.inject({
    method: 'PATCH',
    url: `/api/v1/users/${someone.id}`,
    headers,
    payload: { disabled: false },
  });
  expect((await refresh(t.app, session)).statusCode).toBe(401);
});

test.each([
  ['the same origin', { 'sec-fetch-site': 'same-origin' }, 200],
  ['a client that is no browser', {}, 200],
  ['an older browser, same origin', { origin: 'http://localhost:80', host: 'localhost:80' }, 200],
  [
    'another host of the same site',
    { 'sec-fetch-site': 'same-site', origin: 'http://evil.example.com' },
    403,
  ],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
  ['an older browser, another origin', { origin: 'https://evil.example' }, 403],
  ['a sandboxed frame', { origin: 'null' }, 403],
])('a session is used by requests from %s: %o is %i', async (_name, headers, status) => {
  const session = await signIn();
  expect((await refresh(t.app, session, headers)).statusCode).toBe(status);
  expect((await logout(session, headers)).statusCode).toBe(status === 200 ? 204 : status);
});

test('pages of the origins that CORS allows may use their session', async () => {
  const origin = 'https://shop.example.com';
  const app = await startTestApp({ databaseUrl: t.databaseUrl, config: { corsOrigins: [origin] } });
  const session = sessionOf(await login(app.app, account));
  expect((await refresh(app.app, session, { 'sec-fetch-site': 'same-site', origin })).statusCode).toBe(200);
  expect(
    (await refresh(app.app, session, { 'sec-fetch-site': 'same-site', origin: 'https://x.test' })).statusCode,
  ).toBe(403);
  await app.close();
});
