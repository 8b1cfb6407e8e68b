import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  request,
  type RequestListener,
  type Server,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../race/server-process.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { buildGateway, targetsOf } from '../../src/gateway/gateway.ts';
import { selectModules } from '../../src/modules/index.ts';
import { eventually } from '../support/eventually.ts';

interface Received {
  service: string;
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What the services got, whole. */
let received: Received[] = [];
/** How the services answer; by default with what they got. */
let answer: RequestListener | undefined;
const servers: Record<string, Server> = {};

/** Stands in for a service: what reaches it is looked at, byte for byte. */
async function startService(service: string): Promise<string> {
  const server = createServer((incoming, response) => {
    if (answer) return answer(incoming, response);
    let body = '';
    incoming.on('data', (chunk) => (body += String(chunk)));
    incoming.on('end', () => {
      const got = { service, method: incoming.method!, url: incoming.url!, headers: incoming.headers, body };
      received.push(got);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(got));
    });
  });
  servers[service] = server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let config: Config;
let gateway: FastifyInstance;
let url: string;

async function startGateway(own: Partial<Config> = {}): Promise<FastifyInstance> {
  const used = { ...config, ...own };
  const app = await buildGateway({
    config: used,
    targets: targetsOf(used),
    modules: selectModules(['web']),
  });
  app.readiness.prepared = true;
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app;
}
const urlOf = (app: FastifyInstance) => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

beforeAll(async () => {
  config = {
    ...readConfig({ LOG_LEVEL: 'silent' }),
    serviceUrls: {
      auth: await startService('auth'),
      coupon: await startService('coupon'),
      redemption: await startService('redemption'),
    },
  };
  gateway = await startGateway();
  url = urlOf(gateway);
});
afterAll(async () => {
  gateway.server.closeAllConnections();
  await gateway.close();
  for (const server of Object.values(servers)) server.close();
});
beforeEach(() => {
  received = [];
  answer = undefined;
});

/** Sends bytes as they are, and what came back when the other side closed or `until` is in it. */
async function sendRaw(text: string, until?: string): Promise<string> {
  const socket = connect((gateway.server.address() as AddressInfo).port, '127.0.0.1');
  let got = '';
  const enough = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      got += String(chunk);
      if (until !== undefined && got.includes(until)) resolve();
    });
    socket.on('close', () => resolve());
  });
  socket.on('error', () => undefined);
  socket.write(text);
  await enough;
  socket.destroy();
  return got;
}

const close = 'Connection: close\r\n';

describe('each request goes to the service that answers it', () => {
  const wanted = (method: string, path: string, service: string) => [method, path, service] as const;
  test.each([
    wanted('POST', '/api/v1/auth/login', 'auth'),
    wanted('GET', '/api/v1/users?limit=2', 'auth'),
    wanted('GET', '/.well-known/jwks.json', 'auth'),
    wanted('POST', '/api/v1/coupons/lock/ABC', 'redemption'),
    // As one process reads them: an address may be written in several ways.
    wanted('POST', '/api/v1/coupons/%6Cock/ABC', 'redemption'),
    wanted('POST', '/api/v1/coupons/lock/A%2FB', 'redemption'),
    wanted('GET', '/api/v1/events/stream', 'redemption'),
    wanted('GET', '/api/v1/coupons/lock/history', 'coupon'),
    wanted('GET', '/api/v1/%62ooks', 'coupon'),
    wanted('DELETE', '/api/v1/books/1', 'coupon'),
    wanted('HEAD', '/api/v1/books', 'coupon'),
  ])('%s %s', async (method, path, service) => {
    await fetch(`${url}${path}`, { method });
    expect(received).toMatchObject([{ service, method, url: path }]);
  });

  test.each(['/metrics', '/api/v1/nothing', '/api/v2/books', '/%6Detrics'])('%s to none', async (path) => {
    const response = await fetch(`${url}${path}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'not-found' }]);
    expect(received).toEqual([]);
  });
});

test('no spelling of an address reaches what a service keeps for itself', async () => {
  const up = ['..', '%2e%2e', '.%2e', '%2E.'];
  const paths = [
    ...up.map((dots) => `/api/v1/auth/${dots}/${dots}/${dots}/metrics`),
    ...up.map((dots) => `/api/v1/auth/x/${dots}/../../../../metrics`),
    ...up.map((dots) => `/api/v1/auth/${dots}%2f${dots}%2f${dots}%2fmetrics`),
    ...up.map((dots) => `/api/v1/auth/${dots}\\${dots}\\${dots}\\metrics`),
    ...[
      '//metrics',
      '/./metrics',
      '//api/v1/auth/../metrics',
      '/api/v1/auth/..;/metrics',
      '/api/v1//auth/login',
    ],
    ...[
      'http://127.0.0.1/metrics',
      'http://127.0.0.1//metrics',
      '/api/v1/auth/%',
      '/api/v1/auth/%00',
      '/api/v1/auth/%zz',
    ],
  ];
  for (const path of paths) {
    const got = await sendRaw(`GET ${path} HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
    expect([path, got.split(' ')[1]]).toEqual([path, expect.stringMatching(/^(200|400|404)$/)]);
  }
  for (const { url: reached } of received) expect(reached).toMatch(/^\/api\/v1\/auth\//);
  expect(
    received.filter(({ url: reached }) => new URL(reached, 'http://a').pathname.includes('metrics')),
  ).toEqual(received.filter(({ url: reached }) => reached.startsWith('/api/v1/auth/..;/')));
});

describe('who asks', () => {
  const spoofed = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-host': 'evil.example.org',
    'x-forwarded-proto': 'https',
    forwarded: 'for=203.0.113.9',
  };

  test('is told by the gateway alone, whatever a client says', async () => {
    await fetch(`${url}/api/v1/books`, { headers: spoofed });
    const { headers } = received[0]!;
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(url).host,
      'x-forwarded-proto': 'http',
      host: new URL(url).host,
    });
    expect(headers.forwarded).toBeUndefined();
  });

  test('cannot be hidden by naming the header that tells it in Connection', async () => {
    const names = 'X-Forwarded-For, X-Forwarded-Host, X-Request-Id, Host, close';
    await sendRaw(`GET /api/v1/books HTTP/1.1\r\nHost: a.example.org\r\nConnection: ${names}\r\n\r\n`);
    expect(received[0]!.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a.example.org',
    });
  });

  test('is believed of a trusted proxy before the gateway', async () => {
    const behindProxy = await startGateway({ trustedProxies: ['127.0.0.1'] });
    onTestFinished(() => behindProxy.close());
    await fetch(`${urlOf(behindProxy)}/api/v1/books`, {
      headers: { ...spoofed, 'x-forwarded-for': '198.51.100.1, 203.0.113.9', connection: 'close' },
    });
    expect(received[0]!.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example.org',
    });
  });

  test('keeps what belongs to the request: token, cookie, key, and one id in both logs', async () => {
    const own = { authorization: 'Bearer x', cookie: 'a=b', 'idempotency-key': 'k', 'x-request-id': 'my-id' };
    const response = await fetch(`${url}/api/v1/books`, { headers: own });
    expect(received[0]!.headers).toMatchObject(own);
    expect(response.headers.get('x-request-id')).toBe('my-id');
  });
});

describe('requests are not mixed up', () => {
  test('by a body of a request that has none', async () => {
    const hidden = 'GET /api/v1/users HTTP/1.1\r\nHost: hidden\r\n\r\n';
    for (const method of ['GET', 'HEAD']) {
      received = [];
      const first = `${method} /api/v1/books HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
      const second = `GET /api/v1/books/2 HTTP/1.1\r\nHost: a\r\n${close}\r\n`;
      await sendRaw(first + second);
      expect(received.map((got) => [got.url, got.body])).toEqual([
        ['/api/v1/books', ''],
        ['/api/v1/books/2', ''],
      ]);
      await fetch(`${url}/api/v1/books/3`);
      expect(received.at(-1)).toMatchObject({ url: '/api/v1/books/3', body: '' });
    }
  });

  test('by two lengths, a length beside chunks, or chunks that are none', async () => {
    const length = 'Content-Length: 4\r\n';
    const chunked = 'Transfer-Encoding: chunked\r\n';
    const odd = [
      `${length}Content-Length: 5\r\n\r\nabcde`,
      `${length}${chunked}\r\n0\r\n\r\n`,
      `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      `${chunked}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
      `${chunked}\r\n-1\r\n\r\n`,
      `Content-Length: +4\r\n\r\nabcd`,
      `Content-Length : 4\r\n\r\nabcd`,
    ];
    for (const rest of odd) {
      const got = await sendRaw(
        `POST /api/v1/books HTTP/1.1\r\nHost: a\r\n${close}Content-Type: text/csv\r\n${rest}`,
      );
      expect([rest, got.split(' ')[1]]).toEqual([rest, '400']);
    }
    expect(received).toEqual([]);
  });

  test('by chunks, which arrive as the body that they are', async () => {
    const chunks = '5\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n';
    await sendRaw(
      `POST /api/v1/books HTTP/1.1\r\nHost: a\r\n${close}Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    expect(received).toMatchObject([{ body: 'hello world' }]);
  });

  test('by an upgrade, which is an ordinary request here', async () => {
    const upgrade = 'Connection: upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
    const got = await sendRaw(`GET /api/v1/books HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`);
    expect(got).toMatch(/^HTTP\/1.1 200/);
    expect(received[0]!.headers).not.toHaveProperty('upgrade');
    expect(received[0]!.headers).not.toHaveProperty('http2-settings');
  });
});

describe('bodies', () => {
  const upload = (path = '/api/v1/books/1/codes/upload') =>
    request(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'text/csv' } });

  test('stream: the service reads the first bytes before the last are sent', async () => {
    const outgoing = upload();
    const first = new Promise<string>((resolve) => {
      answer = (incoming, response) => {
        incoming.once('data', (chunk) => resolve(String(chunk)));
        incoming.on('end', () => response.end('done'));
      };
    });
    outgoing.write('code\n');
    expect(await first).toBe('code\n');
    outgoing.end('A\n');
    const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  test('of clients that go away end at the service too', async () => {
    const outgoing = upload();
    outgoing.on('error', () => undefined);
    const aborted = new Promise<string>((resolve) => {
      answer = (incoming) => {
        incoming.once('data', () => outgoing.destroy());
        incoming.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
      };
    });
    outgoing.write('code\n');
    expect(await aborted).toBe('ECONNRESET');
  });

  test('that a service refuses before their end do not hide its answer', async () => {
    answer = (_incoming, response) => {
      response.statusCode = 413;
      response.end('too much');
    };
    const size = 20_000_000;
    const head = `POST /api/v1/books/1/codes/upload HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: ${size}\r\n\r\n`;
    // The second request goes over the same connection: the first has been read to its end.
    const got = await sendRaw(`${head}${'x'.repeat(size)}GET /docs HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
    expect(got.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  test('are waited for when the client wants to be asked first', async () => {
    const got = await sendRaw(
      `POST /api/v1/books HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`,
      '100 Continue',
    );
    expect(got).toMatch(/^HTTP\/1.1 100 Continue/);
    const response = await sendRaw(
      `POST /api/v1/books HTTP/1.1\r\nHost: a\r\n${close}Content-Type: text/csv\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab`,
    );
    expect(response).toContain('HTTP/1.1 200');
    expect(received.at(-1)).toMatchObject({ body: 'ab' });
    expect(received.at(-1)!.headers.expect).toBeUndefined();
  });
});

describe('answers', () => {
  test('come as they are: status, headers, cookies, compression, and no body where there is none', async () => {
    const packed = gzipSync('{"a":1}');
    answer = (incoming, response) => {
      if (incoming.url === '/api/v1/books/204') return void response.writeHead(204).end();
      if (incoming.url === '/api/v1/books/304') return void response.writeHead(304, { etag: '"1"' }).end();
      response.writeHead(201, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'set-cookie': ['a=1', 'b=2'],
        location: '/api/v1/books/1',
        connection: 'close',
        'x-frame-options': 'SAMEORIGIN',
      });
      response.end(packed);
    };
    const response = await fetch(`${url}/api/v1/books`);
    expect(response.status).toBe(201);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('location')).toBe('/api/v1/books/1');
    expect(await response.json()).toEqual({ a: 1 });
    expect((await fetch(`${url}/api/v1/books/204`)).status).toBe(204);
    expect((await fetch(`${url}/api/v1/books/304`)).status).toBe(304);
    // How long a connection to a service lasts says nothing about the client's.
    const raw = await sendRaw('GET /api/v1/books HTTP/1.1\r\nHost: a\r\n\r\n', 'keep-alive');
    expect(raw).toContain('Connection: keep-alive');
    expect(raw.match(/x-frame-options/gi)).toHaveLength(1);
  });

  test('of a service that says "later" are given, not asked for again', async () => {
    let asked = 0;
    answer = (_incoming, response) => {
      asked += 1;
      response.writeHead(503, { 'retry-after': '0' }).end('{}');
    };
    expect((await fetch(`${url}/api/v1/books`)).status).toBe(503);
    expect(asked).toBe(1);
  });

  test('that break off do not look whole', async () => {
    for (const lengthKnown of [true, false]) {
      answer = (_incoming, response) => {
        response.writeHead(200, {
          'content-type': 'text/csv',
          ...(lengthKnown && { 'content-length': '100' }),
        });
        response.write('half of it', () => response.destroy());
      };
      const response = await fetch(`${url}/api/v1/books`);
      await expect(response.text()).rejects.toThrow('terminated');
    }
  });

  test.each([
    ['before it says anything', (response: Parameters<RequestListener>[1]) => response.destroy()],
    [
      'after its headers',
      (response: Parameters<RequestListener>[1]) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9' });
        response.flushHeaders();
        setImmediate(() => response.destroy());
      },
    ],
  ])('of a service that dies %s are 503, never 500, or nothing', async (_when, die) => {
    answer = (_incoming, response) => void die(response);
    const response = await fetch(`${url}/api/v1/books`, { method: 'POST' }).catch(() => undefined);
    if (!response || response.status === 200) return;
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringContaining('repeat it with the same Idempotency-Key') as string,
    });
  });
});

test('a service that is down takes only its own addresses with it', async () => {
  const dead = await startGateway({ serviceUrls: { ...config.serviceUrls, coupon: 'http://127.0.0.1:1' } });
  onTestFinished(() => dead.close());
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${urlOf(dead)}${path}`, { ...init, headers: { connection: 'close', ...init.headers } });

  for (const method of ['GET', 'POST']) {
    const refused = await ask('/api/v1/books', { method });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(refused.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await refused.json()).toMatchObject({
      code: 'unavailable',
      detail: 'The coupon service cannot be reached.',
    });
  }
  expect((await ask('/api/v1/users')).status).toBe(200);
  expect((await ask('/api/v1/coupons/lock/A', { method: 'POST' })).status).toBe(200);
  expect((await ask('/', { headers: { accept: 'text/html' } })).status).toBe(200);
  expect((await ask('/docs')).status).toBe(200);
  const ready = await ask('/health/ready');
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { services: { auth: 'ready', coupon: 'unavailable', redemption: 'ready' } },
  ]);
});

test('the documentation is that of all services, and metrics are for whoever reaches a service itself', async () => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
  const { default: whole } = (await import('../../openapi.json', { with: { type: 'json' } })) as {
    default: typeof document;
  };
  expect(document).toEqual(whole);
  expect((await fetch(`${url}/docs/json`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
});

test('a gateway that is told to find a service at its own address asks itself once, and not for ever', async () => {
  const port = await freePort();
  const own = { ...config, serviceUrls: { ...config.serviceUrls, auth: `http://127.0.0.1:${port}` } };
  const circle = await buildGateway({ config: own, targets: targetsOf(own), modules: [] });
  onTestFinished(() => circle.close());
  circle.readiness.prepared = true;
  let requests = 0;
  circle.server.on('request', () => (requests += 1));
  await circle.listen({ host: '127.0.0.1', port: Number(port) });
  const ask = (path: string) =>
    fetch(`${urlOf(circle)}${path}`, { headers: { connection: 'close', via: '1.1 a load balancer' } });
  const answer = await ask('/api/v1/users');
  expect([answer.status, await answer.json()]).toMatchObject([
    503,
    { detail: 'The auth service cannot be reached.' },
  ]);
  expect(requests).toBe(2);
  expect((await ask('/api/v1/books')).status).toBe(200);
  expect(received[0]!.headers.via).toMatch(/^1\.1 a load balancer, 1\.1 gateway-/);
});

test('headers that are too large are refused by the gateway', async () => {
  const got = await sendRaw(
    `GET /api/v1/books HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
  );
  expect(got).toMatch(/^HTTP\/1.1 400 .*The headers are too large/s);
  expect(received).toEqual([]);
});

describe('live streams', () => {
  const startStream: RequestListener = (_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('data: 1\n\n');
  };

  test('pass through, and end at the service when the client goes', async () => {
    const gone = new Promise<void>((resolve) => {
      answer = (incoming, response) => {
        startStream(incoming as never, response as never);
        response.on('close', () => resolve());
      };
    });
    const client = new AbortController();
    const response = await fetch(`${url}/api/v1/events/stream`, { signal: client.signal });
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('data: 1\n\n');
    client.abort();
    await gone;
  });

  test('are ended by a gateway that stops, so that their clients go elsewhere', async () => {
    const stopping = await startGateway();
    onTestFinished(() => stopping.close());
    answer = startStream;
    const response = await fetch(`${urlOf(stopping)}/api/v1/events/stream`);
    stopping.readiness.draining = true;
    stopping.server.close();
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

test('connections to services that nobody uses are closed by the gateway, never under a request', async () => {
  await fetch(`${url}/api/v1/books`);
  const open = () =>
    new Promise<number>((resolve) => servers.coupon!.getConnections((_error, count) => resolve(count)));
  await eventually(async () => (await open()) === 0 || undefined);
});
