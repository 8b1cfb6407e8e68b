import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problems } from '../../src/problem-codes.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';

let testApp: TestApp;
let user: TestUser;
let admin: TestUser;
beforeAll(async () => {
  testApp = await startTestApp();
  user = await testApp.asUser();
  admin = await testApp.asAdmin();
});
afterAll(() => testApp.close());

/** What a server that listens says to bytes, until it closes the connection. */
async function converse(bytes: string): Promise<string> {
  if (!testApp.app.server.listening) await testApp.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = testApp.app.server.address() as AddressInfo;
  return new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

const inject = (options: InjectOptions) => testApp.app.inject(options);

test('who sends a body that is too large, or broken, gets the answer, and goes on with the connection', async () => {
  const size = 8_000_000;
  const post = `POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
  const chunk = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`;
  const answers = await converse(
    `${post}Content-Length: ${size}\r\n\r\n${'x'.repeat(size)}` +
      `${post}Transfer-Encoding: chunked\r\n\r\n${chunk}` +
      `${post}Content-Length: 9\r\n\r\nnot JSON!` +
      `GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
  );
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual([413, 413, 400, 200].map((status) => `HTTP/1.1 ${status}`));
});

describe('every refusal is problem+json from the one table', () => {
  const json = { 'content-type': 'application/json' };
  const cases: [string, number, string, () => InjectOptions][] = [
    ['an address that does not exist', 404, 'not-found', () => ({ url: '/nowhere' })],
    ['an API address that does not exist', 404, 'not-found', () => ({ url: '/api/v1/nowhere' })],
    [
      'another method',
      405,
      'method-not-allowed',
      () => ({ method: 'PUT', url: '/api/v1/books', headers: admin.headers }),
    ],
    ['no token', 401, 'unauthenticated', () => ({ url: '/api/v1/coupons' })],
    ['a role that is too low', 403, 'forbidden', () => ({ url: '/api/v1/users', headers: user.headers })],
    [
      'malformed JSON',
      400,
      'invalid-request',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, ...json },
        payload: '{"name":',
      }),
    ],
    [
      'keys that would change a prototype',
      400,
      'invalid-request',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, ...json },
        payload: '{"name":"a","__proto__":{"role":"ADMIN"}}',
      }),
    ],
    [
      'a body that is compressed',
      415,
      'unsupported-media-type',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, ...json, 'content-encoding': 'gzip' },
        payload: gzipSync('{"name":"a"}'),
      }),
    ],
    [
      'JSON that says it is not UTF-8',
      415,
      'unsupported-media-type',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, 'content-type': 'application/json; charset="iso-8859-1"' },
        payload: '{"name":"a"}',
      }),
    ],
    [
      'JSON that is not UTF-8',
      415,
      'unsupported-media-type',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, ...json },
        payload: Buffer.from('{"name":"caf\xe9"}', 'latin1'),
      }),
    ],
    [
      'JSON that is too large for parsing, where larger files are taken',
      413,
      'payload-too-large',
      () => ({
        method: 'POST',
        url: `/api/v1/pools/${admin.id}/users`,
        headers: { ...admin.headers, ...json },
        payload: `[${' '.repeat(2 ** 21)}]`,
      }),
    ],
    [
      'an unknown field',
      400,
      'invalid-request',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: admin.headers,
        payload: { name: 'a', colour: 'red' },
      }),
    ],
    [
      'an unknown query',
      400,
      'invalid-request',
      () => ({ url: '/api/v1/coupons?colour=red', headers: user.headers }),
    ],
    [
      'a body that is too large',
      413,
      'payload-too-large',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: admin.headers,
        payload: { name: 'x'.repeat(2 ** 21) },
      }),
    ],
    [
      'a body in another format',
      415,
      'unsupported-media-type',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, 'content-type': 'application/xml' },
        payload: '<name/>',
      }),
    ],
    [
      'a bad Idempotency-Key',
      400,
      'invalid-request',
      () => ({
        method: 'POST',
        url: '/api/v1/books',
        headers: { ...admin.headers, 'idempotency-key': 'x'.repeat(256) },
        payload: { name: 'a' },
      }),
    ],
  ];

  test.each(cases)('%s: %i %s', async (_what, status, code, options) => {
    const answer = await inject(options());
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({
      type: `/problems/${code}`,
      title: problems[code as keyof typeof problems].title,
      status,
      code,
      detail: expect.any(String) as string,
      instance: expect.stringMatching(/^\//) as string,
      requestId: answer.headers['x-request-id'],
    });
  });

  test.each([
    [
      'body',
      '/__proto__',
      { method: 'POST', url: '/api/v1/books', payload: '{"name":"a","__proto__":{"x":1}}' },
    ],
    [
      'body',
      '/metadata/__proto__',
      { method: 'POST', url: '/api/v1/books', payload: '{"metadata":{"__proto__":1}}' },
    ],
    [
      'body',
      '/constructor',
      { method: 'POST', url: '/api/v1/books', payload: '{"name":"a","constructor":{}}' },
    ],
    ['query', '/__proto__', { url: '/api/v1/books?__proto__=1' }],
    ['query', '/__proto__', { url: '/api/v1/books?__proto__=1&__proto__=2' }],
    ['query', '/constructor', { url: '/api/v1/books?constructor=1' }],
  ] as const)(
    'a name of a prototype in the %s is refused like any unknown one: %s',
    async (part, pointer, options) => {
      const answer = await inject({ ...options, headers: { ...admin.headers, ...json } } as InjectOptions);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ errors: [{ in: part, pointer, reason: 'unknown-field' }] });
    },
  );

  test('405 names the methods there are', async () => {
    const answer = await inject({ method: 'PUT', url: '/api/v1/books' });
    expect(String(answer.headers.allow).split(', ')).toEqual(expect.arrayContaining(['GET', 'POST']));
  });

  test.each([
    ['bytes that are no HTTP', 'NONSENSE\r\n\r\n', ''],
    ['no Host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', '/host'],
    [
      'a strange Expect',
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: gold\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      '/expect',
    ],
  ])('%s', async (_what, bytes, pointer) => {
    const said = await converse(bytes);
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said.toLowerCase()).toContain('content-type: application/problem+json');
    expect(said).toContain('"code":"invalid-request"');
    expect(said).toContain(pointer);
  });

  test('100-continue is an Expect that is met, and HTTP/1.0 needs no Host', async () => {
    const body = '{"email":"a@example.test"}';
    const said = await converse(
      `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 100 /);
    expect(said).toContain('/password');
    expect(await converse('GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('each problem has its page', async () => {
  for (const [code, { title }] of Object.entries(problems)) {
    const page = await inject({ url: `/problems/${code}` });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.body).toContain(title);
  }
  expect((await inject({ url: '/problems/constructor' })).statusCode).toBe(404);
});

test('X-Request-Id of the caller comes back; without one, or with a strange one, the answer has its own', async () => {
  const given = await inject({ url: '/health/live', headers: { 'x-request-id': 'trace-1:2.3_4' } });
  expect(given.headers['x-request-id']).toBe('trace-1:2.3_4');
  for (const strange of [undefined, '', 'a b', 'x'.repeat(101), '"><script>']) {
    const answer = await inject({
      url: '/health/live',
      headers: strange === undefined ? {} : { 'x-request-id': strange },
    });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('answers tell browsers to be careful, and caches to keep nothing of the API', async () => {
  for (const url of ['/api/v1/coupons', '/docs', '/problems/conflict', '/nowhere']) {
    const { headers } = await inject({ url, headers: user.headers });
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': url === '/api/v1/coupons' ? 'no-store' : expect.anything(),
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|default-src[^;]*unsafe/);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('x-powered-by');
  }
});

test('an answer over a connection has the headers that it has without one, each once', async () => {
  const { authorization } = user.headers;
  for (const url of ['/api/v1/coupons', '/docs', '/problems/conflict', '/nowhere', '/health/live']) {
    const answer = await converse(
      `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: same\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    const lines = answer.split('\r\n\r\n', 1)[0]!.split('\r\n').slice(1);
    const seen = lines.map((line) => line.slice(0, line.indexOf(': ')).toLowerCase());
    expect(seen).toEqual([...new Set(seen)]);
    const { headers } = await inject({ url, headers: { authorization, 'x-request-id': 'same' } });
    const comparable = ({
      date: _date,
      connection: _connection,
      ratelimit: _left,
      ...others
    }: object & {
      [name: string]: unknown;
    }) => others;
    expect(
      comparable(
        Object.fromEntries(lines.map((line, index) => [seen[index], line.slice(seen[index]!.length + 2)])),
      ),
    ).toEqual(comparable(headers));
  }
});

test('requests of one process have different ids', async () => {
  const ids = await Promise.all(
    Array.from({ length: 50 }, async () => (await inject({ url: '/health/live' })).headers['x-request-id']),
  );
  expect(new Set(ids).size).toBe(50);
});

test('the documentation loads, and everything it loads comes from this server', async () => {
  const page = await inject({ url: '/docs' });
  const html = page.statusCode === 302 ? await inject({ url: String(page.headers.location) }) : page;
  expect(html.statusCode).toBe(200);
  const assets = [...html.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url!);
  expect(assets.length).toBeGreaterThan(3);
  for (const asset of assets) {
    expect(asset).not.toMatch(/^(https?:)?\/\//);
    const path = new URL(asset, 'http://localhost/docs').pathname;
    const answer = await inject({ url: path });
    expect(answer.statusCode, path).toBe(200);
    if (path.endsWith('initializer.js')) {
      const [, source] = /"url":\s*"([^"]+)"/.exec(answer.body) ?? [];
      if (source)
        expect((await inject({ url: new URL(source, 'http://localhost/docs/').pathname })).statusCode).toBe(
          200,
        );
    }
  }
  // The policy forbids inline scripts, so there must be none.
  expect(html.body).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
});

test('the metrics count by route pattern', async () => {
  await inject({ url: '/api/v1/coupons/SECRET-CODE-1', headers: user.headers });
  const { body, headers } = await inject({ url: '/metrics' });
  expect(headers['content-type']).toMatch(/^text\/plain/);
  expect(body).toContain('/api/v1/coupons/:code');
  expect(body).not.toContain('SECRET-CODE-1');
  expect(body).not.toContain(user.id);
});
