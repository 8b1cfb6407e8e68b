import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createHttpHandler, type HttpEvent, type HttpHandler } from '../../src/lambda/http.ts';
import { makeReady } from '../../src/lambda/ready.ts';
import { allModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';

let t: TestApp;
let admin: TestUser;
let handler: HttpHandler;
let close: () => Promise<void>;

beforeAll(async () => {
  t = await startTestApp();
  admin = await t.asAdmin();
  const config = readConfig({
    DATABASE_URL: t.databaseUrl,
    DATABASE_POOL_SIZE: '1',
    JOB_CONCURRENCY: '0',
    LOG_LEVEL: 'error',
  });
  const app = await buildApp({ config: { ...config, liveStream: false }, modules: allModules });
  handler = createHttpHandler(app);
  await makeReady(app);
  close = () => app.close();
});
afterAll(async () => {
  await close();
  await t.close();
});

interface Asked extends Partial<Omit<HttpEvent, 'requestContext'>> {
  method?: string;
  address?: string;
  authorizer?: Record<string, unknown>;
}

async function ask(
  path: string,
  { method = 'GET', address = '192.0.2.1', authorizer, ...event }: Asked = {},
) {
  const result = await handler({
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    ...event,
    requestContext: {
      requestId: randomUUID(),
      http: { method, sourceIp: address },
      ...(authorizer && { authorizer: { lambda: authorizer } }),
    },
  });
  return { ...result, json: () => JSON.parse(result.body) as Record<string, string | number> };
}

test('a query comes as it was written: commas, plus signs, repeated parameters', async () => {
  const { json } = await ask('/api/v1/users', {
    headers: admin.headers,
    rawQueryString: 'q=a%2Cb&q=c',
  });
  // Refused as a list of two, not of three.
  expect(json()).toMatchObject({ status: 400, code: 'invalid-request' });
  const one = await ask('/api/v1/users', { headers: admin.headers, rawQueryString: 'q=a,b' });
  expect(one.statusCode).toBe(200);
});

test('a path with characters that the gateway has decoded is answered, not thrown', async () => {
  const user = await t.asUser();
  for (const path of [
    '/api/v1/coupons/ä b',
    '/api/v1/coupons/%',
    '//',
    '/api/v1/coupons/a/../b',
    '/\u{1F600}',
    '/half of it: \ud83d',
  ]) {
    const { statusCode } = await ask(path, { headers: user.headers });
    expect(statusCode, path).toBeGreaterThanOrEqual(400);
    expect(statusCode, path).toBeLessThan(500);
  }
});

test('however odd an event is, it is answered, and never as a fault of ours', async () => {
  const { headers } = admin;
  const json = { ...headers, 'content-type': 'application/json' };
  const post = (more: Asked) => ({ method: 'POST', headers: json, ...more });
  const odd: [path: string, event: Asked][] = [
    // Bodies: no base64, base64 of nothing, of half a character, announced as longer, shorter, twice, absent, and none at all.
    ['/api/v1/books', post({ body: '*** no base64 ***', isBase64Encoded: true })],
    ['/api/v1/books', post({ body: '', isBase64Encoded: true })],
    ['/api/v1/books', post({ body: Buffer.from([0x7b, 0xc3]).toString('base64'), isBase64Encoded: true })],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, 'content-length': '999999' } })],
    ['/api/v1/books', post({ body: '{"name":"x"}', headers: { ...json, 'content-length': '1' } })],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, 'content-length': '2,2' } })],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, 'transfer-encoding': 'chunked' } })],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, 'content-encoding': 'gzip' } })],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, expect: '100-continue' } })],
    ['/api/v1/books', post({})],
    ['/api/v1/books', post({ body: '"'.repeat(960_000) })],
    ['/api/v1/books', post({ body: `{"${'k'.repeat(60_000)}":[${'null,'.repeat(180_000)}null]}` })],
    ['/api/v1/books', post({ body: '['.repeat(500_000) })],
    ['/api/v1/books', post({ body: 'x'.repeat(2_000_000) })],
    // Several headers of one name arrive as one, with commas.
    ['/api/v1/books', { headers: { authorization: `${headers.authorization},${headers.authorization}` } }],
    [
      '/api/v1/books',
      post({ body: '{}', headers: { ...json, 'content-type': 'application/json,text/csv' } }),
    ],
    ['/api/v1/books', post({ body: '{}', headers: { ...json, 'idempotency-key': 'a,b' } })],
    ['/api/v1/books', { headers: { ...headers, accept: 'text/csv,application/json;q=0.5,*/*;q=x' } }],
    [
      '/api/v1/books',
      { headers: { ...headers, host: '\u00e4,\u00f6', 'x-request-id': '\r\nset-cookie: a=b' } },
    ],
    [
      '/api/v1/books',
      { headers: { ...headers, 'x-apigateway-event': '{}', 'x-forwarded-for': 'no address' } },
    ],
    ['/api/v1/auth/refresh', { method: 'POST', cookies: ['', '=', 'coupon_book_session=%', 'a=b; c=d'] }],
    // Addresses: decoded or not, with a query in the path, too long, of no such method.
    ['/api/v1/books?limit=1', { headers }],
    ['/api/v1/coupons/%2e%2e%2f%2e%2e', { headers }],
    [`/api/v1/coupons/${'%41'.repeat(3000)}`, { headers }],
    ['/api/v1/books#x', { headers }],
    ['', { headers }],
    ['api/v1/books', { headers }],
    ['http://evil.example.org/api/v1/books', { headers }],
    ['/api/v1/books', { headers, rawQueryString: '%' }],
    ['/api/v1/books', { headers, rawQueryString: 'limit=1&limit=2&__proto__=1&constructor[prototype]=1' }],
    ['/api/v1/books', { headers, rawQueryString: '\u00e4=\u{1F600}' }],
    ['/api/v1/books', { headers, method: 'OPTIONS' }],
    ['/api/v1/books', { headers, method: 'HEAD' }],
    ['/api/v1/books', { headers, method: 'TRACE' }],
    ['/api/v1/books', { headers, method: 'get' }],
    ['/api/v1/books', { headers, address: 'no address' }],
    ['/api/v1/books', { headers, address: '::ffff:192.0.2.1' }],
  ];
  for (const [path, event] of odd) {
    const { statusCode, headers: sent, body } = await ask(path, event);
    const what = JSON.stringify([path, event]).slice(0, 300);
    expect([what, statusCode, statusCode < 500], body.slice(0, 300)).toEqual([what, statusCode, true]);
    expect(body.length, what).toBeLessThan(20_000);
    expect(sent['set-cookie'], what).toBeUndefined();
  }
  // The one connection is free.
  expect((await ask('/api/v1/books', { headers })).statusCode).toBe(200);
});

test('cookies of the session come and go', async () => {
  const email = `${randomUUID()}@example.test`;
  const credentials = { email, password: 'a long and unusual sentence' };
  const post = (path: string, more: Asked = {}) =>
    ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, ...more });
  const body = JSON.stringify(credentials);
  await t.app.inject({ method: 'POST', url: '/api/v1/auth/register', payload: credentials });
  const { cookies = [], body: answer } = await post('/api/v1/auth/login', { body });
  const session = cookies.find((cookie) => cookie.startsWith('coupon_book_session='));
  expect(session, answer).toBeDefined();
  const { statusCode } = await post('/api/v1/auth/refresh', {
    cookies: ['other=1', session!.split(';')[0]!],
  });
  expect(statusCode).toBe(200);
});

test('a file comes as base64, and an image goes so', async () => {
  const { json: book } = await ask('/api/v1/books', {
    method: 'POST',
    headers: { ...admin.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'files' }),
  });
  const { statusCode } = await ask(`/api/v1/books/${book().id}/codes/upload`, {
    method: 'POST',
    headers: { ...admin.headers, 'content-type': 'text/csv', prefer: 'respond-async' },
    body: Buffer.from('code\nBASE-64\n').toString('base64'),
    isBase64Encoded: true,
  });
  expect(statusCode).toBe(202);
  const image = await ask('/docs/static/favicon-32x32.png');
  expect(image).toMatchObject({ statusCode: 200, isBase64Encoded: true });
  expect(Buffer.from(image.body, 'base64').subarray(1, 4).toString()).toBe('PNG');
});

test('there is no live stream: 501 says to poll', async () => {
  const { statusCode, json } = await ask('/api/v1/events/stream', { headers: admin.headers });
  expect(statusCode).toBe(501);
  expect(json()).toMatchObject({ code: 'not-available-here' });
});

test('an answer above what a function can return is a 501 that says so, and is not read to its end', async () => {
  // Text is longer in the JSON that a function returns: quotes are escaped, and CSV has them twice.
  for (const [name, text, count, status] of [
    ['a large one', 'x', 4000, 501],
    ['a small one of quotes', '"', 1600, 501],
    ['one that just fits', 'x', 2200, 200],
  ] as const) {
    const { rows } = await sql<{ id: string }>`
      INSERT INTO books (name, lock_ttl_seconds) VALUES (${name}, 300) RETURNING id`.execute(t.db);
    const book = rows[0]!.id;
    await sql`
      INSERT INTO coupons (book_id, code, metadata)
      SELECT ${book}, 'N' || n || '-' || ${count}::text, jsonb_build_object('text', repeat(${text}, ${text === 'x' ? 2000 : 1000}))
      FROM generate_series(1, ${count}::int) n`.execute(t.db);
    const result = await ask(`/api/v1/books/${book}/coupons`, {
      headers: { ...admin.headers, accept: 'text/csv' },
    });
    expect([name, result.statusCode], result.body.slice(0, 200)).toEqual([name, status]);
    if (status === 501) expect(result.json()).toMatchObject({ code: 'not-available-here' });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(6 * 2 ** 20);
    // The one connection is free again.
    expect((await ask('/api/v1/books', { headers: admin.headers })).statusCode).toBe(200);
  }
});

test("the client's address is what CloudFront says only where the gateway vouches for CloudFront", async () => {
  const guess = (more: Asked) =>
    ask('/api/v1/auth/login', {
      method: 'POST',
      body: '{"email":"nobody@example.test","password":"wrong password"}',
      ...more,
      headers: { 'content-type': 'application/json', ...more.headers },
    });
  const addresses = async () => {
    const { rows } = await sql<{ scope: string }>`SELECT scope FROM budgets`.execute(t.db);
    return rows.map(({ scope }) => scope).join(' ');
  };
  await guess({ headers: { 'true-client-ip': '198.51.100.66' } });
  expect(await addresses()).not.toContain('198.51.100.66');
  await guess({ headers: { 'true-client-ip': '198.51.100.77' }, authorizer: { via: 'cloudfront' } });
  expect(await addresses()).toContain('198.51.100.77');
});

test('a function that its deployment has not prepared answers 503, and 200 as soon as it is', async () => {
  await sql`ALTER TABLE migrations RENAME TO migrations_of_later`.execute(t.db);
  const config = readConfig({ DATABASE_URL: t.databaseUrl, LOG_LEVEL: 'silent' });
  const app = await buildApp({ config, modules: allModules });
  const early = createHttpHandler(app);
  const event = { version: '2.0', rawPath: '/api/v1/books', rawQueryString: '', headers: admin.headers };
  const requestContext = { requestId: 'early', http: { method: 'GET', sourceIp: '192.0.2.1' } };
  const answer = async () => {
    await makeReady(app);
    return early({ ...event, version: '2.0', isBase64Encoded: false, requestContext });
  };
  expect(await answer()).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
  await sql`ALTER TABLE migrations_of_later RENAME TO migrations`.execute(t.db);
  expect(await answer()).toMatchObject({ statusCode: 200 });
  await app.close();
});
