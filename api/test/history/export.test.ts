import { once } from 'node:events';
import { request } from 'node:http';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { sendCsv } from '../../src/answers/csv-export.ts';
import { Problem } from '../../src/problems.ts';
import { eventually } from '../support/eventually.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** Serves rows without end; `asked` is how many parts were read. */
async function serve(lineBytes: number) {
  const state = { asked: 0, failing: false, demoted: false, url: '' };
  app = Fastify();
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (incoming) => void (incoming.caller = { id: 'somebody', role: 'ADMIN' }));
  app.decorate('requireRecentAdmin', async () => {
    if (state.demoted) throw new Problem('forbidden', 'admins-only');
  });
  app.get('/file', (incoming, reply) =>
    sendCsv<{ n: number }>(incoming, reply, {
      name: 'file',
      header: ['n', 'text'],
      async read(after, limit) {
        state.asked += 1;
        if (state.failing) throw new Error('the database is away');
        const first = after ? after.n + 1 : 1;
        return Array.from({ length: limit }, (_, index) => ({ n: first + index }));
      },
      present: ({ n }) => [n, 'x'.repeat(lineBytes)],
    }),
  );
  state.url = await app.listen({ port: 0, host: '127.0.0.1' });
  return state;
}

function open(url: string): Promise<Readable> {
  return new Promise((resolve, reject) =>
    request(`${url}/file`).on('response', resolve).on('error', reject).end(),
  );
}

/** As soon as it has stayed the same for so many looks: in turns of this process, which serves it, and not in time. */
async function settles(read: () => number): Promise<number> {
  let [value, looks] = [read(), 0];
  await eventually(() => {
    if (read() !== value) [value, looks] = [read(), 0];
    return (looks += 1) > 25;
  });
  return value;
}

test('reads no further than the client takes, and goes on when it does', async () => {
  const state = await serve(1_000);
  const response = await open(state.url);
  response.pause();
  const asked = await settles(() => state.asked);
  // A part is 1 MB: what is read is what the sockets hold, not what there is.
  expect(asked).toBeLessThan(20);
  response.resume();
  await eventually(() => state.asked > asked + 20);
  response.destroy();
});

test('stops reading when the client goes away', async () => {
  const state = await serve(100);
  const response = await open(state.url);
  response.resume();
  await eventually(() => state.asked > 5);
  response.destroy();
  const asked = await settles(() => state.asked);
  expect(await settles(() => state.asked)).toBe(asked);
});

test('breaks the connection when reading fails in the middle: half a file must not look like a whole one', async () => {
  const state = await serve(100);
  const response = await open(state.url);
  response.once('data', () => (state.failing = true));
  await expect(response.toArray()).rejects.toThrow('aborted');
});

test('ends when the caller is no administrator any more, whether the client reads or not', async () => {
  const state = await serve(1_000);
  const [reading, stalled] = [await open(state.url), await open(state.url)];
  stalled.pause();
  await settles(() => stalled.readableLength);
  const connections = promisify(app.server.getConnections.bind(app.server));
  expect(await connections()).toBe(2);
  const broken = once(reading, 'error');
  reading.once('data', () => (state.demoted = true)).resume();
  await broken;
  const { asked } = state;
  await eventually(async () => (await connections()) === 0);
  expect(state.asked).toBe(asked);
});
