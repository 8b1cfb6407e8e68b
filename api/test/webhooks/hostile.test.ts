import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readNetworks, type Resolve } from '../../src/addresses.ts';
import { takeTurn } from '../../src/modules/webhooks/relay/turn.ts';
import { openConnections, type Outcome } from '../../src/modules/webhooks/send.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { makeCertificate } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { type Behaviour, type Receiver, startReceiver } from '../support/receiver.ts';
import {
  call,
  deliveriesOf,
  makeWebhook,
  spendCoupon,
  startWebhookNode,
  tryOnce,
  webhooksSink,
} from '../support/webhooks.ts';

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  node = await startWebhookNode('127.0.0.1');
  admin = await node.asAdmin();
});
afterAll(() => node?.close());

/** Ways to write an address that is not public; all mean this machine, its network or its cloud. */
const SPELLINGS = [
  'http://127.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7f.1:PORT/',
  'http://017700000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://127。0。0。1:PORT/',
  'http://localhost:PORT/',
  'http://LOCALHOST:PORT/',
  'http://localhost.:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  'http://[::]:PORT/',
  'http://0.0.0.0:PORT/',
  'http://0:PORT/',
  'http://10.0.0.1:PORT/',
  'http://172.16.0.1:PORT/',
  'http://192.168.1.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://169.254.169.254:PORT/latest/meta-data/',
  'http://[fd00:ec2::254]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://224.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  'http://user@127.0.0.1:PORT/',
  'http://example.org@127.0.0.1:PORT/',
  'http://:@127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\\@example.org/',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
];

describe('an address that is not public', () => {
  test.each(SPELLINGS)('is refused at save, and nobody is asked: %s', async (spelling) => {
    const closed = await strictNode();
    const receiver = await startReceiver();
    const url = spelling.replace('PORT', new URL(receiver.url).port);
    const { status, text } = await call(closed, await closed.asAdmin(), 'POST', '/webhooks', {
      url,
      types: ['coupon.locked'],
    });
    expect([status, text]).toEqual([400, expect.stringContaining('/url')]);
    expect(receiver.connections()).toBe(0);
  });

  test.each(SPELLINGS.filter((url) => url.startsWith('http') && URL.canParse(url.replace('PORT', '1'))))(
    'is refused at send, and nobody is asked: %s',
    async (spelling) => {
      const receiver = await startReceiver();
      const connections = openConnections({ allowed: [] });
      onTestFinished(() => connections.close());
      const url = new URL(spelling.replace('PORT', new URL(receiver.url).port));
      const outcome = await connections.post(url, {}, '{}', new AbortController().signal);
      expect(outcome.failure).toMatch(/^(refused-address|name-unknown)$/);
      expect(receiver.connections()).toBe(0);
    },
  );

  test('is refused at send when the name led elsewhere at save', async () => {
    const receiver = await startReceiver();
    let looks = 0;
    const answers = ['93.184.215.14', '127.0.0.1'];
    const resolve: Resolve = (_name, _options, callback) => {
      const address = answers[Math.min(looks, 1)]!;
      looks += 1;
      callback(null, [{ address, family: 4 }]);
    };
    const { examineTarget } = await import('../../src/modules/webhooks/target.ts');
    const url = new URL(receiver.url.replace('127.0.0.1', 'rebinding.example.org'));
    expect(await examineTarget(url, [], resolve)).toBeNull();
    const connections = openConnections({ allowed: [], resolve });
    onTestFinished(() => connections.close());
    const outcome = await connections.post(url, {}, '{}', new AbortController().signal);
    expect(outcome).toEqual({ failure: 'refused-address' });
    expect([receiver.connections(), looks]).toEqual([0, 2]);
  });

  test('is refused when it is one of several of a name', async () => {
    const receiver = await startReceiver();
    const resolve: Resolve = (_name, _options, callback) =>
      callback(null, [
        { address: '93.184.215.14', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const connections = openConnections({ allowed: [], resolve });
    onTestFinished(() => connections.close());
    const url = new URL(receiver.url.replace('127.0.0.1', 'both.example.org'));
    expect(await connections.post(url, {}, '{}', new AbortController().signal)).toEqual({
      failure: 'refused-address',
    });
    expect(receiver.connections()).toBe(0);
  });

  test('can be opened by network', () => {
    expect(readNetworks(['10.1.0.0/16', 'fd00::/8', '127.0.0.1'])).toHaveLength(3);
    for (const wrong of ['10.1.0.0/33', 'here', '']) expect(readNetworks([wrong])).toBeNull();
  });
});

/** One try at a receiver that behaves so, with little time for its answer. */
async function tryAt(behave: Behaviour, answerWithinMs = 60_000): Promise<[Outcome, Receiver]> {
  const receiver = await startReceiver(behave);
  const connections = openConnections({ allowed: readNetworks(['127.0.0.1'])!, answerWithinMs });
  onTestFinished(() => connections.close());
  const outcome = await connections.post(new URL(receiver.url), {}, '{}', new AbortController().signal);
  return [outcome, receiver];
}

describe('a receiver that', () => {
  test('hangs is a time-out', async () => {
    const [outcome] = await tryAt(() => undefined, 300);
    expect(outcome).toEqual({ failure: 'timeout' });
  });

  test('answers slowly for ever is a time-out', async () => {
    const [outcome] = await tryAt((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    }, 500);
    expect(outcome).toEqual({ failure: 'timeout' });
  });

  test('sends 10 GB is read to 64 kB', async () => {
    let written = 0;
    const [outcome] = await tryAt((_request, response) => {
      response.writeHead(200, { 'content-length': 10 * 2 ** 30 });
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (!response.destroyed && written < 10 * 2 ** 30) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    });
    expect(outcome).toMatchObject({ status: 200, answer: 'x'.repeat(1000) });
    expect(written).toBeLessThan(64 * 2 ** 20);
  });

  test('cuts the connection is a failure', async () => {
    const [outcome] = await tryAt((request) => void request.socket.destroy());
    expect(outcome).toEqual({ failure: 'connection-cut' });
  });

  test('cuts it in the middle of the answer is a failure', async () => {
    const [outcome] = await tryAt((request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => request.socket.destroy());
    });
    expect(outcome).toEqual({ failure: 'connection-cut' });
  });

  test('closes a kept connection when the next request comes gets it on another one', async () => {
    let requests = 0;
    const receiver = await startReceiver((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.writeHead(204).end();
    });
    const connections = openConnections({ allowed: readNetworks(['127.0.0.1'])! });
    onTestFinished(() => connections.close());
    const post = () => connections.post(new URL(receiver.url), {}, '{}', new AbortController().signal);
    for (let n = 0; n < 2; n += 1) expect(await post()).toMatchObject({ status: 204 });
    expect([requests, receiver.connections()]).toEqual([3, 2]);
  });

  test.each([
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['sends a head without end', `HTTP/1.1 200 OK\r\n${'x-more: more\r\n'.repeat(10_000)}`],
    ['sends more than it said', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nmore\r\n\r\n'],
  ])('%s fails nobody but itself', async (_what, text) => {
    const server = createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(text));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const connections = openConnections({ allowed: readNetworks(['127.0.0.1'])!, answerWithinMs: 60_000 });
    onTestFinished(() => connections.close());
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const outcome = await connections.post(url, {}, '{}', new AbortController().signal);
    expect(outcome.failure ?? outcome.status).toBe(text.includes('content-length') ? 200 : 'connection-cut');
  });

  test('has moved meanwhile still answers what was under way, and gets nothing more', async () => {
    const held: ServerResponse[] = [];
    const [former, present] = [
      await startReceiver((_request, response) => void held.push(response)),
      await startReceiver(),
    ];
    const connections = openConnections({ allowed: readNetworks(['127.0.0.1'])! });
    onTestFinished(() => connections.close());
    const post = ({ url }: { url: string }) =>
      connections.post(new URL(url), {}, '{}', new AbortController().signal);
    const underWay = post(former);
    await eventually(() => held.length === 1);
    expect(await post(present)).toMatchObject({ status: 204 });
    held[0]!.writeHead(202).end();
    expect(await underWay).toMatchObject({ status: 202 });
    expect(await post(present)).toMatchObject({ status: 204 });
    expect([former.received.length, present.received.length, present.connections()]).toEqual([1, 2, 1]);
  });

  test('says that an answer will come is asked for that answer', async () => {
    const [outcome] = await tryAt((_request, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(202).end('later');
    });
    expect(outcome).toMatchObject({ status: 202, answer: 'later' });
  });

  test('redirects is not followed', async () => {
    const other = await startReceiver();
    const [outcome] = await tryAt((_request, response) => {
      response.writeHead(307, { location: other.url }).end();
    });
    expect(outcome).toMatchObject({ status: 307 });
    expect(other.connections()).toBe(0);
  });

  test('answers with what no text may hold leaves something that can be kept', async () => {
    const receiver = await startReceiver((_request, response) => {
      response.writeHead(200).end(Buffer.from([0, 0xff, 0xfe, 0, 0xed, 0xa0, 0x80]));
    });
    const webhook = await makeWebhook(node, admin, receiver.url);
    expect(await tryOnce(node, admin, webhook.id)).toMatchObject({ status: 'delivered' });
  });

  test('has a certificate that nobody vouches for, or for another name, is refused', async () => {
    const other = makeCertificate('other.example.org');
    const server = createServer({ cert: other.cert, key: other.key }, (_request, response) => {
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const resolve: Resolve = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const post = async (name: string, ca?: string) => {
      const connections = openConnections({ allowed: readNetworks(['127.0.0.1'])!, resolve, ca });
      const outcome = await connections.post(
        new URL(`https://${name}:${port}/`),
        {},
        '{}',
        new AbortController().signal,
      );
      connections.close();
      return outcome;
    };
    expect(await post('other.example.org')).toEqual({ failure: 'tls' });
    expect(await post('shop.example.org', other.cert)).toEqual({ failure: 'tls' });
    expect(await post('other.example.org', other.cert)).toMatchObject({ status: 200 });
  });

  test('has name servers that hang takes one lookup, however many requests wait for it', async () => {
    const receiver = await startReceiver();
    const asked: Parameters<Resolve>[2][] = [];
    const resolve: Resolve = (_name, _options, callback) => void asked.push(callback);
    const allowed = readNetworks(['127.0.0.1'])!;
    const connections = openConnections({ allowed, resolve });
    onTestFinished(() => connections.close());
    const url = new URL(receiver.url.replace('127.0.0.1', 'hangs.example.org'));
    const post = () => connections.post(url, {}, '{}', new AbortController().signal);
    const waiting = Promise.all(Array.from({ length: 32 }, post));
    await eventually(() => asked.length > 0);
    asked[0]!(null, [{ address: '127.0.0.1', family: 4 }]);
    for (const outcome of await waiting) expect(outcome).toMatchObject({ status: 204 });
    expect(asked).toHaveLength(1);
  });

  test('hangs delays no other: all of theirs arrives while its first requests are still open', async () => {
    // Its relay is moved by the test alone: it does not listen.
    const quiet = await startTestApp({
      config: { rateLimitScale: 10_000, webhookAllowPrivate: ['127.0.0.1'] },
    });
    onTestFinished(() => quiet.close());
    const admin = await quiet.asAdmin();
    const [hanging, quick, other] = [
      await startReceiver(() => undefined),
      await startReceiver(),
      await startReceiver(),
    ];
    const hangs = await makeWebhook(quiet, admin, hanging.url);
    for (const { url } of [quick, other]) await makeWebhook(quiet, admin, url);
    const stopping = new AbortController();
    const turn = takeTurn({
      db: quiet.db,
      // Nobody gives up on the one that hangs: who waits for it waits for ever.
      sink: webhooksSink(quiet, 3_600_000),
      log: quiet.app.log,
      stopping: stopping.signal,
      lingerMs: Infinity,
    });
    for (const total of [30, 60, 90]) {
      for (let n = 0; n < 10; n += 1) await spendCoupon(quiet);
      for (const { received } of [quick, other]) await eventually(() => received.length === total);
    }
    expect(hanging.received.length).toBeGreaterThan(0);
    for (const { status, attempts } of await deliveriesOf(quiet, admin, hangs.id))
      expect([status, attempts]).toEqual(['pending', []]);
    hanging.close();
    stopping.abort();
    await turn;
  });
});

let strict: TestApp | undefined;
afterAll(() => strict?.close());

/** A node that allows no private network. */
async function strictNode(): Promise<TestApp> {
  return (strict ??= await startTestApp({
    databaseUrl: node.databaseUrl,
    config: { rateLimitScale: 10_000 },
  }));
}
