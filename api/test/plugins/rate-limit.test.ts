import fp from 'fastify-plugin';
import { afterEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { statusesInTurn } from '../support/statuses.ts';

const probe = fp(async (app) => {
  app.get('/api/v1/public', { config: { access: 'public' } }, async () => ({}));
  app.get('/api/v1/free', { config: { access: 'public', rateLimit: false } }, async () => ({}));
  app.get('/api/v1/mine', { config: { access: 'user' } }, async () => ({}));
  app.post('/api/v1/sign-in', { config: { access: 'public', ratePolicy: 'login' } }, async () => ({}));
});

let t: TestApp;
afterEach(() => t.close());

/** With a tenth of the limits: 30 a minute by address, 6 sign-ins, 60 by user. */
const start = async () => {
  t = await startTestApp({ modules: [probe], config: { rateLimitScale: 0.1 } });
};
const get = (url: string, options: { remoteAddress?: string; headers?: Record<string, string> } = {}) =>
  t.app.inject({ url, ...options });

test('answers say the policy and what is left, and past the limit 429 with Retry-After', async () => {
  await start();
  const first = await get('/api/v1/public');
  expect(first.headers['ratelimit-policy']).toBe('"address";q=30;w=60');
  expect(first.headers.ratelimit).toBe('"address";r=29;t=60');
  expect(await statusesInTurn(29, () => get('/api/v1/public'))).toEqual(Array(29).fill(200));
  const refused = await get('/api/v1/public');
  expect(refused.statusCode).toBe(429);
  expect(refused.json()).toMatchObject({ code: 'rate-limited', status: 429 });
  expect(refused.headers.ratelimit).toMatch(/^"address";r=0;t=\d+$/);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await get('/api/v1/public', { remoteAddress: '192.0.2.1' })).statusCode).toBe(200);
  expect((await get('/api/v1/free')).statusCode).toBe(200);
  expect((await get('/health/live')).headers.ratelimit).toBeUndefined();
});

test('signing in has a limit of its own', async () => {
  await start();
  const signIn = () => t.app.inject({ method: 'POST', url: '/api/v1/sign-in' });
  expect(await statusesInTurn(7, signIn)).toEqual([200, 200, 200, 200, 200, 200, 429]);
  expect((await get('/api/v1/public')).statusCode).toBe(200);
});

test('signed-in users are counted by account, wherever they are, and an ADMIN is given far more', async () => {
  await start();
  const [one, two, admin] = [await t.asUser(), await t.asUser(), await t.asAdmin()];
  expect((await get('/api/v1/mine', one)).headers['ratelimit-policy']).toBe('"user";q=60;w=60');
  await statusesInTurn(59, () => get('/api/v1/mine', { headers: one.headers }));
  expect((await get('/api/v1/mine', { headers: one.headers, remoteAddress: '192.0.2.9' })).statusCode).toBe(
    429,
  );
  expect((await get('/api/v1/mine', { headers: two.headers })).statusCode).toBe(200);
  expect((await get('/api/v1/mine', { headers: admin.headers })).headers['ratelimit-policy']).toBe(
    '"admin";q=6000;w=60',
  );
});

test('an IPv6 host cannot multiply its limit by the addresses of its /64', async () => {
  await start();
  await statusesInTurn(30, () =>
    get('/api/v1/public', { remoteAddress: `2001:db8:0:1::${Math.ceil(Math.random() * 9999)}` }),
  );
  expect((await get('/api/v1/public', { remoteAddress: '2001:db8:0:1:ffff::1' })).statusCode).toBe(429);
  expect((await get('/api/v1/public', { remoteAddress: '2001:db8:0:2::1' })).statusCode).toBe(200);
});

test('a flood of bad tokens is stopped by its address before they are examined; known tokens from there still work', async () => {
  await start();
  const user = await t.asUser();
  const fresh = await t.asUser();
  expect((await get('/api/v1/mine', user)).statusCode).toBe(200);
  const bad = { headers: { authorization: `${fresh.headers.authorization}x` } };
  expect(await statusesInTurn(30, () => get('/api/v1/mine', bad))).toEqual(Array(30).fill(401));
  const refused = await get('/api/v1/mine', bad);
  expect([refused.statusCode, refused.headers.ratelimit]).toEqual([
    429,
    expect.stringMatching(/^"address";r=0;/),
  ]);
  expect((await get('/api/v1/mine', user)).statusCode).toBe(200);
  expect((await get('/api/v1/mine', { ...bad, remoteAddress: '192.0.2.1' })).statusCode).toBe(401);
});

test('looking for addresses that do not exist is counted', async () => {
  await start();
  expect(await statusesInTurn(31, () => get('/api/v1/nothing'))).toEqual([...Array(30).fill(404), 429]);
});
