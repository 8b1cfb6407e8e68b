import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unlessBusy } from '../support/auth.ts';
import { startCollector } from '../support/collector.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, untilReady } from '../support/server.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('neither the log, the metrics nor the traces of a whole flow hold a code, a token, a password, an e-mail or a cookie', async () => {
  const word = () => randomBytes(9).toString('hex');
  const admin = { email: `admin-${word()}@example.test`, password: `secret ${word()}` };
  const user = { email: `user-${word()}@example.test`, password: `secret ${word()}` };
  const codes = Array.from({ length: 3 }, () => `C-${word().toUpperCase()}`);
  const absent = `C-${word().toUpperCase()}`;
  const secrets: string[] = [admin.email, admin.password, user.email, user.password, ...codes, absent];
  const collector = await startCollector();
  const server = await launchServer({
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: '1',
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    LOG_LEVEL: 'trace',
  });
  await untilReady(server);
  const welcome = server.output();

  let token = '';
  async function call(
    method: string,
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ) {
    const key = randomUUID();
    secrets.push(key);
    const response = await unlessBusy(() =>
      fetch(`${server.url}${path}`, {
        method,
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && {
            'content-type': typeof body === 'string' ? 'text/csv' : 'application/json',
          }),
          'idempotency-key': key,
          ...headers,
        },
        body: typeof body === 'object' ? JSON.stringify(body) : body,
      }),
    );
    const cookie = /=([^;]{16,})/.exec(response.headers.get('set-cookie') ?? '')?.[1];
    if (cookie) secrets.push(cookie);
    const text = await response.text();
    const json = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
    if (json.accessToken) secrets.push(json.accessToken, json.accessToken.split('.')[2]!);
    return { status: response.status, json };
  }
  const signIn = async (account: { email: string; password: string }) => {
    token = '';
    token = (await call('POST', '/api/v1/auth/login', account)).json.accessToken!;
  };

  expect((await call('POST', '/api/v1/auth/register', user)).status).toBe(201);
  expect((await call('POST', '/api/v1/auth/login', { ...user, password: `wrong ${word()}` })).status).toBe(
    401,
  );
  await signIn(user);
  const userId = (await call('GET', '/api/v1/auth/me')).json.id!;
  expect(userId).toBeTruthy();
  const userToken = token;
  await signIn(admin);
  const { json: book } = await call('POST', '/api/v1/books', { name: `Book ${word()}` });
  const upload = async () => {
    const { status, json: job } = await call(
      'POST',
      `/api/v1/books/${book.id}/codes/upload`,
      codes.join('\n'),
    );
    expect(status).toBeLessThan(300);
    // On a busy machine it may not have ended when it is answered.
    await eventually(async () => (await call('GET', `/api/v1/jobs/${job.id}`)).json.status === 'completed');
  };
  await upload();
  await upload(); // All are duplicates.
  await call('POST', '/api/v1/users', { email: user.email }); // Taken.
  await call('GET', `/api/v1/users?q=${encodeURIComponent(user.email)}`);
  await call('GET', `/api/v1/books/${book.id}/coupons?code=${codes[0]}`);
  const { link } = (await call('POST', `/api/v1/users/${userId}/access-link`)).json;
  const linkToken = link!.split('#')[1]!;
  const next = { token: linkToken, password: `secret ${word()}` };
  secrets.push(linkToken, next.password);
  token = '';
  expect((await call('POST', '/api/v1/auth/password/reset/check', { token: linkToken })).status).toBe(200);
  expect((await call('POST', '/api/v1/auth/password/reset', next)).status).toBe(200);
  expect((await call('POST', '/api/v1/auth/password/reset', next)).status).toBe(410);
  token = userToken;
  for (const [path, status] of [
    [`assign/${codes[0]}`, 200],
    [`assign/${absent}`, 403],
    [`lock/${codes[0]}`, 200],
    [`redeem/${codes[0]}`, 200],
    [`redeem/${codes[0]}`, 400],
    [`lock/${codes[1]}`, 403],
  ] as const) {
    expect((await call('POST', `/api/v1/coupons/${path}`, {})).status).toBe(status);
  }
  await call('GET', `/api/v1/coupons/${absent}`);
  await call('GET', `/api/v1/coupons/${codes[0]}/history`);
  await call('GET', `/api/v1/nowhere/${codes[0]}?email=${encodeURIComponent(user.email)}&token=${token}`);
  await call('POST', `/api/v1/coupons/lock/${codes[0]}`, `{"broken ${codes[0]}`, {
    'content-type': 'application/json',
  });
  await call('GET', '/api/v1/coupons', undefined, { authorization: `Bearer ${token}x` });

  // Spans leave every five seconds; those that a stop has to send may be lost on a busy machine.
  const traces = await eventually(() => {
    const names = collector.spans().map(({ name }) => name);
    const arrived = ['coupon group', 'POST /api/v1/auth/login'].every((name) => names.includes(name));
    return arrived ? collector.bodies.join('\n') : undefined;
  });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('/api/v1/coupons/lock/:code');
  expect(await server.stop()).toBe(0);
  await eventually(() => server.output().includes('"msg":"request"'));

  // The welcome is for the person at the terminal and names the first administrator; it is not a log line.
  const log = server.output().replace(welcome, welcome.replaceAll(admin.email, ''));
  for (const secret of secrets) {
    for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      expect(log.includes(spelling), `the log holds ${spelling}`).toBe(false);
      expect(metrics.includes(spelling), `the metrics hold ${spelling}`).toBe(false);
      expect(traces.includes(spelling), `the traces hold ${spelling}`).toBe(false);
    }
  }
  expect(metrics).not.toContain(userId);
});
