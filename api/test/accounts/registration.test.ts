import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startTestApp } from '../support/app.ts';
import { GOOD_PASSWORD, login, register } from '../support/auth.ts';

test('registration is open on this machine alone, and elsewhere only when somebody says so', () => {
  const registration = (env: Record<string, string>) => readConfig(env).registration;
  expect(registration({})).toBe('open');
  expect(registration({ HOST: '::1' })).toBe('open');
  expect(registration({ HOST: '0.0.0.0' })).toBe('closed');
  expect(registration({ HOST: '192.0.2.7' })).toBe('closed');
  expect(registration({ PUBLIC_URL: 'https://coupons.example.com' })).toBe('closed');
  expect(registration({ TRUSTED_PROXIES: 'loopback' })).toBe('closed');
  expect(registration({ HOST: '0.0.0.0', REGISTRATION: 'open' })).toBe('open');
  expect(registration({ REGISTRATION: 'closed' })).toBe('closed');
  expect(() => readConfig({ REGISTRATION: 'confirmed' })).toThrow(/REGISTRATION=confirmed needs SMTP_URL/);
  expect(() => readConfig({ REGISTRATION: 'maybe' })).toThrow(/REGISTRATION must be one of/);
});

test('where it is closed, registering is refused in plain words, and whoever has an account signs in', async () => {
  const open = await startTestApp({ patient: true });
  const closed = await startTestApp({
    patient: true,
    databaseUrl: open.databaseUrl,
    config: { registration: 'closed' },
  });
  try {
    const options = (t: typeof open) => t.app.inject({ url: '/api/v1/auth/options' });
    expect((await options(open)).json()).toEqual({ registration: 'open' });
    expect((await options(closed)).json()).toEqual({ registration: 'closed' });
    const account = await register(open.app);
    const payload = { email: 'somebody@example.test', password: GOOD_PASSWORD };
    const refused = await closed.app.inject({ method: 'POST', url: '/api/v1/auth/register', payload });
    expect([refused.statusCode, refused.json().code, refused.json().detail]).toEqual([
      403,
      'forbidden',
      expect.stringContaining('Registration is closed'),
    ]);
    // It says nothing of who has an account.
    const taken = await closed.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      payload: { ...payload, email: account.email },
    });
    expect([taken.statusCode, taken.json().detail]).toEqual([403, refused.json().detail]);
    expect((await login(closed.app, account)).statusCode).toBe(200);
    expect((await login(closed.app, payload)).statusCode).toBe(401);
  } finally {
    await closed.close();
    await open.close();
  }
});

test('a stranger who registers a customer’s e-mail gets none of the coupons that are given to that customer', async () => {
  const t = await startTestApp({ patient: true });
  try {
    const admin = await t.asAdmin();
    const as =
      (headers: Record<string, string>) =>
      async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object | string) => {
        const type = typeof payload === 'string' ? { 'content-type': 'text/csv' } : {};
        const answer = await t.app.inject({
          method,
          url: `/api/v1${url}`,
          payload,
          headers: { prefer: 'wait=30', ...headers, ...type },
        });
        return { ...answer.json<Record<string, never>>() };
      };
    const call = as(admin.headers);
    const stranger = await register(t.app, { email: 'customer@example.test' });
    const { accessToken } = (await login(t.app, stranger)).json<{ accessToken: string }>();
    const asStranger = as({ authorization: `Bearer ${accessToken}` });

    const { id: book } = await call('POST', '/books', { name: 'Summer sale' });
    await call('POST', `/books/${book}/codes/upload`, 'code\nSUMMER-1\nSUMMER-2\nSUMMER-3\n');
    const { id: pool } = await call('POST', '/pools', { name: 'Customers' });
    const list = 'email\ncustomer@example.test\nother@example.test\n';
    const addition = await call('POST', `/pools/${pool}/users?invite=true`, list);
    expect(addition).toMatchObject({
      added: 1,
      invited: 1,
      unconfirmed: 1,
      unknown: 0,
      errors: [{ line: 2, value: 'customer@example.test', reason: 'unconfirmed' }],
    });
    const order = { bookId: book, mode: 'equal', perUser: 1 };
    expect(await call('POST', `/pools/${pool}/distribute`, order)).toMatchObject({
      status: 'completed',
      result: { assigned: 1 },
    });
    expect(await asStranger('GET', '/coupons')).toMatchObject({ items: [] });

    // The administrator may decide otherwise, and sees what the account is.
    expect(await call('GET', `/users/${stranger.id}`)).toMatchObject({ confirmed: false, hasPassword: true });
    expect(await call('POST', `/pools/${pool}/users?includeUnconfirmed=true`, list)).toMatchObject({
      added: 1,
      alreadyMembers: 1,
      unconfirmed: 0,
      errors: [],
    });
    expect(await call('GET', `/pools/${pool}/users`)).toMatchObject({
      items: [{ user: { confirmed: false } }, { user: { confirmed: true, hasPassword: false } }],
    });
    expect(await call('PATCH', `/users/${stranger.id}`, { confirmed: true })).toMatchObject({
      confirmed: true,
    });
    expect(await call('GET', `/users?confirmed=false`)).toMatchObject({ items: [] });
  } finally {
    await t.close();
  }
});
