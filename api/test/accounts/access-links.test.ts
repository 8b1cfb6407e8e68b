import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteOldAccessLinks } from '../../src/modules/accounts/access-links/queries.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import {
  bearer,
  checkAccessLink,
  GOOD_PASSWORD,
  login,
  refresh,
  register,
  sessionOf,
  strangerAddress,
  unlessBusy,
} from '../support/auth.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp({ patient: true });
  admin = await t.asAdmin();
});
afterAll(() => t.close());

const NEW_PASSWORD = 'another long and unusual sentence';

const give = (id: string, as: TestUser | null = admin) =>
  t.app.inject({ method: 'POST', url: `/api/v1/users/${id}/access-link`, headers: as?.headers });
/** The token of a new link. */
async function linkFor(id: string): Promise<string> {
  const answer = await give(id);
  expect(answer.statusCode).toBe(201);
  return answer.json<{ link: string }>().link.split('#')[1]!;
}
const open = (token: string, remoteAddress?: string) => checkAccessLink(t.app, token, remoteAddress);
const reset = (token: string, password = NEW_PASSWORD, more: object = {}) =>
  t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password/reset',
    payload: { token, password },
    remoteAddress: strangerAddress(),
    ...more,
  });
const faultOf = (answer: Awaited<ReturnType<typeof reset>>) => {
  const { code, reason } = answer.json<{ code: string; reason?: string }>();
  return [answer.statusCode, code, reason];
};
const change = (id: string, payload: object) =>
  t.app.inject({ method: 'PATCH', url: `/api/v1/users/${id}`, payload, headers: admin.headers });

test('an invited person opens the link, chooses a password and is signed in; the account is confirmed', async () => {
  const person = await t.asUser({ confirmed: false, name: 'Ada' });
  const answer = await give(person.id);
  const { link, expiresAt } = answer.json<{ link: string; expiresAt: string }>();
  expect(link).toMatch(/^http:\/\/localhost:80\/access#[\w-]{43}$/);
  const { rows } = await sql<{ days: number }>`
    SELECT round(extract(epoch FROM ${expiresAt}::timestamptz - clock_timestamp()) / 86400)::integer AS days`.execute(
    t.db,
  );
  expect(rows[0]!.days).toBe(7);
  const token = link.split('#')[1]!;
  expect((await open(token)).json()).toEqual({ email: person.email, name: 'Ada', expiresAt });
  const signedIn = await reset(token);
  expect(signedIn.statusCode).toBe(200);
  expect(signedIn.json()).toMatchObject({
    accessToken: expect.any(String),
    user: { id: person.id, confirmed: true, hasPassword: true },
  });
  expect(signedIn.headers['cache-control']).toBe('no-store');
  expect((await refresh(t.app, sessionOf(signedIn))).statusCode).toBe(200);
  const me = await t.app.inject({ url: '/api/v1/auth/me', headers: bearer(signedIn) });
  expect(me.json()).toMatchObject({ email: person.email });
  expect((await login(t.app, { email: person.email, password: NEW_PASSWORD })).statusCode).toBe(200);
});

test('it takes an account back from whoever registered with the e-mail: password and sessions end', async () => {
  const account = await register(t.app);
  const session = sessionOf(await login(t.app, account));
  const token = await linkFor(account.id);
  expect((await refresh(t.app, session)).statusCode).toBe(200); // Until it is used, nothing changes.
  expect((await reset(token)).statusCode).toBe(200);
  expect((await refresh(t.app, session)).statusCode).toBe(401);
  expect((await login(t.app, account)).statusCode).toBe(401);
});

test('it works once: of 20 who use it at the same time, one wins, in 5 rounds of 5', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id, email } = await t.asUser();
    const token = await linkFor(id);
    const passwords = Array.from({ length: 20 }, (_, n) => `${NEW_PASSWORD} ${n}`);
    const answers = await Promise.all(passwords.map((password) => unlessBusy(() => reset(token, password))));
    const winners = passwords.filter((_, n) => answers[n]!.statusCode === 200);
    expect(winners).toHaveLength(1);
    for (const answer of answers.filter(({ statusCode }) => statusCode !== 200))
      expect(faultOf(answer)).toEqual([410, 'link-not-valid', 'link-used']);
    expect((await login(t.app, { email, password: winners[0]! })).statusCode).toBe(200);
    expect(faultOf(await reset(token))).toEqual([410, 'link-not-valid', 'link-used']);
  }
});

test('a new link ends the one before', async () => {
  const { id } = await t.asUser();
  const before = await linkFor(id);
  const now = await linkFor(id);
  expect(faultOf(await reset(before))).toEqual([410, 'link-not-valid', 'link-unknown']);
  expect((await reset(now)).statusCode).toBe(200);
});

test('after 7 days it has expired, and is forgotten a month later', async () => {
  const { id } = await t.asUser();
  const token = await linkFor(id);
  const age = (days: number) =>
    sql`UPDATE access_links SET created_at = created_at - ${days} * interval '1 day',
          expires_at = expires_at - ${days} * interval '1 day' WHERE user_id = ${id}`.execute(t.db);
  await age(7);
  expect(faultOf(await open(token))).toEqual([410, 'link-not-valid', 'link-expired']);
  expect(faultOf(await reset(token))).toEqual([410, 'link-not-valid', 'link-expired']);
  await age(29);
  await deleteOldAccessLinks(t.db);
  expect(faultOf(await open(token))).toEqual([410, 'link-not-valid', 'link-expired']);
  await age(2);
  await deleteOldAccessLinks(t.db);
  expect(faultOf(await open(token))).toEqual([410, 'link-not-valid', 'link-unknown']);
});

test('a disabled account gets none and uses none, also one given before', async () => {
  const { id } = await t.asUser();
  const token = await linkFor(id);
  await change(id, { disabled: true });
  expect(faultOf(await reset(token))).toEqual([410, 'link-not-valid', 'link-unknown']);
  expect(faultOf(await give(id)).slice(0, 2)).toEqual([409, 'conflict']);
  await change(id, { disabled: false });
  expect(faultOf(await reset(token))).toEqual([410, 'link-not-valid', 'link-unknown']);
  // Disabled behind the service's back, while the link is there.
  const other = await t.asUser();
  const otherToken = await linkFor(other.id);
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${other.id}`.execute(t.db);
  expect(faultOf(await reset(otherToken))).toEqual([410, 'link-not-valid', 'link-disabled']);
});

test('who changes the password meanwhile has no use for the link any more', async () => {
  const account = await register(t.app);
  const token = await linkFor(account.id);
  const changed = await t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password',
    payload: { currentPassword: GOOD_PASSWORD, newPassword: NEW_PASSWORD },
    headers: bearer(await login(t.app, account)),
  });
  expect(changed.statusCode).toBe(204);
  expect(faultOf(await reset(token))).toEqual([410, 'link-not-valid', 'link-unknown']);
});

test('a password that is refused does not use the link up', async () => {
  const { id, email } = await t.asUser();
  const token = await linkFor(id);
  expect((await reset(token, 'password123')).json()).toMatchObject({ errors: [{ pointer: '/password' }] });
  expect((await reset(token, email)).statusCode).toBe(400);
  expect((await reset(token, 'short')).statusCode).toBe(400);
  expect((await reset(token)).statusCode).toBe(200);
});

test('guesses are counted by address: after 30 an address is refused, also with a right link, and others are not', async () => {
  const { id } = await t.asUser();
  const token = await linkFor(id);
  const guesser = strangerAddress();
  for (let n = 0; n < 30; n += 1)
    expect((await open(String(n).padStart(43, 'x'), guesser)).statusCode).toBe(410);
  expect((await open(token, guesser)).statusCode).toBe(429);
  expect((await reset(token, NEW_PASSWORD, { remoteAddress: guesser })).statusCode).toBe(429);
  expect((await open(token)).statusCode).toBe(200);
});

test('only an administrator gives links; nothing of a link is kept but a hash, also under an Idempotency-Key', async () => {
  const person = await t.asUser();
  expect((await give(person.id, await t.asUser())).statusCode).toBe(403);
  expect((await give(person.id, null)).statusCode).toBe(401);
  expect((await give('00000000-0000-4000-8000-000000000000')).statusCode).toBe(404);
  const answer = await t.app.inject({
    method: 'POST',
    url: `/api/v1/users/${person.id}/access-link`,
    headers: { ...admin.headers, 'idempotency-key': 'one link' },
  });
  const token = answer.json<{ link: string }>().link.split('#')[1]!;
  const { rows } = await sql<{ kept: string }>`
    SELECT (SELECT string_agg(l::text, '') FROM access_links l) || (SELECT coalesce(string_agg(k::text, ''), '') FROM idempotency_keys k)
      AS kept`.execute(t.db);
  expect(rows[0]!.kept).not.toContain(token);
});

test('an administrator who is demoted while the body of the request arrives gives no link', async () => {
  const [lost, target] = [await t.asAdmin(), await t.asAdmin()];
  const demote = async function* () {
    const answer = await change(lost.id, { role: 'USER' });
    expect(answer.statusCode).toBe(200);
    yield '{}';
  };
  const answer = await t.app.inject({
    method: 'POST',
    url: `/api/v1/users/${target.id}/access-link`,
    headers: { ...lost.headers, 'content-type': 'application/json' },
    payload: Readable.from(demote(), { objectMode: false, highWaterMark: 0 }),
  });
  expect(answer.statusCode).toBe(403);
  const { rows } = await sql`SELECT 1 FROM access_links WHERE user_id = ${target.id}`.execute(t.db);
  expect(rows).toEqual([]);
});

test('a page of another origin cannot use a link', async () => {
  const { id } = await t.asUser();
  const token = await linkFor(id);
  const foreign = { headers: { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' } };
  expect((await reset(token, NEW_PASSWORD, foreign)).statusCode).toBe(403);
  expect((await reset(token)).statusCode).toBe(200);
});

test('a link names PUBLIC_URL where that is set, and no page tells others where it came from', async () => {
  const publicApp = await startTestApp({
    databaseUrl: t.databaseUrl,
    config: { publicUrl: 'https://coupons.example.com' },
  });
  const { id } = await t.asUser();
  const answer = await publicApp.app.inject({
    method: 'POST',
    url: `/api/v1/users/${id}/access-link`,
    headers: { ...admin.headers, host: 'evil.example' },
  });
  expect(answer.json<{ link: string }>().link).toMatch(/^https:\/\/coupons\.example\.com\/access#/);
  const page = await publicApp.app.inject({ url: '/access', headers: { accept: 'text/html' } });
  expect(page.headers['referrer-policy']).toBe('no-referrer');
  await publicApp.close();
});
