import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { bearer, login, register, strangerAddress } from '../support/auth.ts';
import { statusesInTurn } from '../support/statuses.ts';

// The budgets are what is tested here, and they want many attempts: a hash of cost 4 instead of 12 is a thousandth of the work.
vi.mock('@node-rs/bcrypt', async (importActual) => {
  const actual = await importActual<typeof import('@node-rs/bcrypt')>();
  return {
    hash: (password: string) => actual.hash(password, 4),
    verify: async (password: string, hash: string) =>
      hash.includes('$04$') && (await actual.verify(password, hash)),
  };
});

/** Sign-ins of one address are also limited in number; here they come from many. */
let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ patient: true });
});
afterAll(() => t.close());

const wrong = (email: string, remoteAddress: string) =>
  login(t.app, { email, password: 'wrong password' }, { remoteAddress });

test('429 after 10 failures from one address, for the right password too, until the window is over', async () => {
  const account = await register(t.app);
  const remoteAddress = strangerAddress();
  expect(await statusesInTurn(10, () => wrong(account.email, remoteAddress))).toEqual(Array(10).fill(401));
  const refused = await login(t.app, account, { remoteAddress });
  expect([refused.statusCode, refused.json().code]).toEqual([429, 'rate-limited']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(800);
  await sql`UPDATE budgets SET window_ends_at = clock_timestamp() - interval '1 second'`.execute(t.db);
  expect((await login(t.app, account, { remoteAddress })).statusCode).toBe(200);
});

test('an account that does not exist is throttled like one that does', async () => {
  const { email } = await register(t.app);
  const seen = await Promise.all(
    [email, `${randomUUID()}@example.test`].map(async (who) => {
      const remoteAddress = strangerAddress();
      const answers = [];
      for (let i = 0; i < 12; i += 1) {
        const { statusCode, headers, body } = await wrong(who, remoteAddress);
        const { requestId: _different, ...problem } = JSON.parse(body) as Record<string, unknown>;
        answers.push({ statusCode, names: Object.keys(headers).sort(), problem });
      }
      return answers;
    }),
  );
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]!.map(({ statusCode }) => statusCode)).toEqual([...Array(10).fill(401), 429, 429]);
});

test('30 wrong guesses from 3 addresses, or 300 from 100, do not lock the owner out anywhere', async () => {
  for (const [addresses, guesses] of [
    [3, 10],
    [100, 3],
  ] as const) {
    const account = await register(t.app);
    const strange = Array.from({ length: addresses }, strangerAddress);
    for (const address of strange) {
      expect(await statusesInTurn(guesses, () => wrong(account.email, address))).toEqual(
        Array(guesses).fill(401),
      );
    }
    expect((await login(t.app, account, { remoteAddress: strangerAddress() })).statusCode).toBe(200);
  }
});

test('while strangers guess at an account, each strange address has 3 guesses, and a familiar one 10', async () => {
  const account = await register(t.app);
  const home = strangerAddress();
  expect((await login(t.app, account, { remoteAddress: home })).statusCode).toBe(200);
  await statusesInTurn(30, () => wrong(account.email, strangerAddress()));
  const address = strangerAddress();
  expect(await statusesInTurn(5, () => wrong(account.email, address))).toEqual([401, 401, 401, 429, 429]);
  expect((await login(t.app, account, { remoteAddress: address })).statusCode).toBe(429);
  expect(await statusesInTurn(9, () => wrong(account.email, home))).toEqual(Array(9).fill(401));
  expect((await login(t.app, account, { remoteAddress: home })).statusCode).toBe(200);
});

test('one address that goes on after it was stopped does not use up what other addresses have', async () => {
  const account = await register(t.app);
  const remoteAddress = strangerAddress();
  expect((await statusesInTurn(50, () => wrong(account.email, remoteAddress))).slice(10)).toEqual(
    Array(40).fill(429),
  );
  expect((await login(t.app, account, { remoteAddress: strangerAddress() })).statusCode).toBe(200);
});

test('signing out does not make home a strange address', async () => {
  const account = await register(t.app);
  const home = strangerAddress();
  const signedIn = await login(t.app, account, { remoteAddress: home });
  const cookies = { coupon_book_session: signedIn.cookies[0]!.value };
  await t.app.inject({ method: 'POST', url: '/api/v1/auth/logout', cookies });
  await statusesInTurn(31, () => wrong(account.email, strangerAddress()));
  expect((await login(t.app, account, { remoteAddress: home })).statusCode).toBe(200);
});

test('an address of an IPv6 network has the budget of its /64', async () => {
  const { email } = await register(t.app);
  expect(await statusesInTurn(11, (i) => wrong(email, `2001:db8:1:1::${i + 1}`))).toEqual([
    ...Array(10).fill(401),
    429,
  ]);
});

test('one address that tries many accounts is stopped, but not for the account that it has signed in to', async () => {
  const account = await register(t.app);
  const many = await startTestApp({ databaseUrl: t.databaseUrl, config: { rateLimitScale: 0.1 } });
  const remoteAddress = strangerAddress();
  const attempt = (email: string, password: string) =>
    login(many.app, { email, password }, { remoteAddress });
  await login(t.app, account, { remoteAddress });
  // A tenth of the limits: 10 failures by address and window, 6 sign-ins a minute. Two processes are like one: the count is in
  // the database.
  const other = await startTestApp({ databaseUrl: t.databaseUrl, config: { rateLimitScale: 0.1 } });
  const strangers = () => `${randomUUID()}@example.test`;
  for (const { app } of [many, other]) {
    for (let i = 0; i < 5; i += 1) {
      expect((await login(app, { email: strangers(), password: 'x' }, { remoteAddress })).statusCode).toBe(
        401,
      );
    }
  }
  expect((await attempt(strangers(), 'x')).json().reason).toBe('too-many-sign-ins');
  expect((await login(t.app, account, { remoteAddress })).statusCode).toBe(200);
  await Promise.all([many.close(), other.close()]);
});

test('many guesses at once are no more guesses than one after the other', async () => {
  const { email } = await register(t.app);
  const remoteAddress = strangerAddress();
  const all = await Promise.all(Array.from({ length: 40 }, () => wrong(email, remoteAddress)));
  const seen = all.map(({ statusCode }) => statusCode).sort();
  // The last ones find no place in the queue.
  expect(seen.slice(0, 10)).toEqual(Array(10).fill(401));
  for (const status of seen.slice(10)) expect([429, 503]).toContain(status);
});

test('signing in costs nothing of the budget', async () => {
  const account = await register(t.app);
  const remoteAddress = strangerAddress();
  expect(await statusesInTurn(25, () => login(t.app, account, { remoteAddress }))).toEqual(
    Array(25).fill(200),
  );
});

test('whoever has an access token does not get to guess the password by changing it', async () => {
  const account = await register(t.app);
  const headers = bearer(await login(t.app, account));
  const guess = (currentPassword: string) =>
    t.app.inject({
      method: 'POST',
      url: '/api/v1/auth/password',
      headers,
      payload: { currentPassword, newPassword: 'quite another sentence' },
    });
  expect(await statusesInTurn(10, (i) => guess(`wrong ${i}`))).toEqual(Array(10).fill(401));
  expect((await guess(account.password)).statusCode).toBe(429);
});

test('no e-mail is kept by the budgets', async () => {
  const { email } = await register(t.app);
  await wrong(email, strangerAddress());
  const { rows } = await sql<{ scope: string }>`SELECT scope FROM budgets`.execute(t.db);
  for (const { scope } of rows) expect(scope).not.toContain('@');
});
