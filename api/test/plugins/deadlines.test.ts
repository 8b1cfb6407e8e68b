import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { allowLongWork, boundWaiting, refuseOverdue } from '../../src/deadline.ts';
import deadlines from '../../src/plugins/deadlines.ts';

/** Longer than any answer may take. */
const LONG = 6_000;

let app: FastifyInstance;
/** Told of each request. */
let arrived: () => void;
let answer: (value?: unknown) => void;
let fail: (error: Error) => void;
/** What the handler of a request waits for. */
const waits = () =>
  new Promise((resolve, reject) => {
    answer = resolve;
    fail = reject;
  });

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  app = Fastify();
  app.decorate('readiness', { holding: false } as FastifyInstance['readiness']);
  await app.register(deadlines);
  app.addHook('onRequest', async () => arrived());
});
afterEach(async () => {
  vi.useRealTimers();
  await app.close();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const nextArrival = () => new Promise<void>((resolve) => (arrived = resolve));
const turns = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

async function ask(during: () => Promise<void> | void = () => undefined) {
  const arriving = nextArrival();
  const asked = app.inject({ method: 'POST', url: '/', payload: {} });
  await arriving;
  await turns();
  await pass(LONG);
  await turns();
  await during();
  return asked;
}

test('a request that waits in its handler is answered in time: 503 with Retry-After', async () => {
  app.post('/', waits);
  const response = await ask();
  expect(response.statusCode).toBe(503);
  expect(response.json()).toMatchObject({ code: 'unavailable' });
  expect(response.headers['retry-after']).toBe('1');
  for (const late of [() => answer({ too: 'late' }), () => fail(new Error('too late'))]) late();
  await turns();
});

test('while answers are held back, as by a process that stops, none is late, and each request gets one', async () => {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  app.addHook('onSend', () => held);
  app.post('/', waits);
  app.readiness.holding = true;
  const response = await ask(async () => {
    answer({ in: 'time' });
    await turns();
    await pass(LONG);
    await turns();
    app.readiness.holding = false;
    letGo();
  });
  expect([response.statusCode, response.json()]).toEqual([200, { in: 'time' }]);
  await turns();
});

test('a handler that fails after that, or answers by itself, is nobody’s trouble', async () => {
  app.post('/', async (_request, reply) => {
    await waits();
    return reply.code(200).send({ too: 'late' });
  });
  expect((await ask()).statusCode).toBe(503);
  answer();
  await turns();
  expect((await ask()).statusCode).toBe(503);
  fail(new Error('too late'));
  await turns();
});

test('a request that waits in a hook before its handler is answered too, and its handler is not run', async () => {
  const handler = vi.fn(async () => 'done');
  app.addHook('onRequest', async () => void (await waits()));
  app.post('/', handler);
  expect((await ask()).statusCode).toBe(503);
  answer();
  await turns();
  expect(handler).not.toHaveBeenCalled();
});

test('work that waited too long is refused before it changes anything', async () => {
  const change = vi.fn();
  let refused: unknown;
  app.post('/', async (request) => {
    await waits();
    try {
      refuseOverdue(request);
      change();
    } catch (error) {
      refused = error;
    }
  });
  await ask();
  answer();
  await turns();
  expect(refused).toMatchObject({ code: 'unavailable' });
  expect(change).not.toHaveBeenCalled();
});

test('long work takes its time, and waiting after it is bounded again', async () => {
  app.post('/', async (request) => {
    allowLongWork(request);
    await waits();
    boundWaiting(request);
    await waits();
  });
  const response = await ask(async () => {
    answer();
    await turns();
    await pass(LONG);
    await turns();
  });
  expect(response.statusCode).toBe(503);
});

test('an answer that has begun is not broken, however long it takes', async () => {
  app.post('/', async (_request, reply) =>
    reply.send(
      Readable.from(
        (async function* () {
          yield 'begun';
          await waits();
          yield ', ended';
        })(),
      ),
    ),
  );
  const response = await ask(() => answer());
  expect(response).toMatchObject({ statusCode: 200, body: 'begun, ended' });
});

test('while a slow body arrives nothing is counted', async () => {
  vi.useRealTimers();
  app.post('/', async (request) => ({ left: request.answerBy > performance.now() }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  const arriving = nextArrival();
  const half = JSON.stringify({ text: 'x'.repeat(50) });
  async function* body() {
    yield Buffer.from(half.slice(0, 10));
    await arriving;
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.advanceTimersByTime(LONG);
    await delay(600); // Two looks.
    yield Buffer.from(half.slice(10));
  }
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Readable.toWeb(Readable.from(body())) as never,
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(200);
});
