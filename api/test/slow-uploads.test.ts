import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allModules } from '../src/modules/index.ts';
import { allowSlowBody } from '../src/slow-bodies.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { insertBook } from './support/nodes.ts';
import { eventually } from './support/eventually.ts';

let t: TestApp;
let admin: TestUser;
let port: number;

beforeAll(async () => {
  t = await startTestApp({
    modules: [
      ...allModules,
      async (app) => {
        const config = { access: 'public' } as const;
        app.addContentTypeParser('text/slow', (_request, payload, done) => done(null, payload));
        app.post('/api/v1/slow', { schema: { hide: true }, config }, async (request) => {
          const receive = () => request.raw.toArray();
          await allowSlowBody(request, receive, { leastBytes: 1_000, stretchMs: 50 });
          return {};
        });
      },
    ],
  });
  admin = await t.asAdmin();
  await t.app.listen({ port: 0, host: '127.0.0.1' });
  port = (t.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await t?.close();
});

/** Opens a request and sends the first part of its body; both ends of its connection. */
async function begin(path: string, length: number, headers: Record<string, string>, part: string) {
  const accepted = once(t.app.server, 'connection');
  const client = connect(port, '127.0.0.1');
  let answer = '';
  client.on('data', (data) => (answer += data.toString()));
  client.on('error', () => {});
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${lines.join('')}\r\n${part}`,
  );
  const [server] = (await accepted) as [Socket];
  return { client, server, answer: () => answer };
}

/** What Node does when a whole request takes longer than the server's limit. */
const timeOut = (server: Socket) =>
  t.app.server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), server);

test('an upload that makes progress may take longer than other requests', async () => {
  const { id } = await insertBook(t.db, 0);
  const lines = Array.from({ length: 20_000 }, (_, n) => `SLOW-${n}`).join('\n');
  const headers = { ...admin.headers, 'content-type': 'text/csv', connection: 'close', prefer: 'wait=30' };
  const upload = await begin(
    `/api/v1/books/${id}/codes/upload`,
    lines.length,
    headers,
    lines.slice(0, 100_000),
  );
  const stored = () => t.db.selectFrom('upload_parts').select('part').execute();
  await eventually(async () => (await stored()).length > 0);
  timeOut(upload.server);
  upload.client.write(lines.slice(100_000));
  await once(upload.client, 'close');
  expect(upload.answer()).toMatch(/^HTTP\/1.1 201 /);
  expect(upload.answer()).toContain('"stored":20000');
});

test('a body that stalls is answered as one that did not arrive in time', async () => {
  const stalled = await begin('/api/v1/slow', 100, { 'content-type': 'text/slow' }, 'x');
  await once(stalled.client, 'close');
  expect(stalled.answer()).toMatch(/^HTTP\/1.1 400 /);
  expect(stalled.answer()).toContain('did not arrive in time');
});

test('any other request has the limit of the server for the whole of it', async () => {
  const slow = await begin('/api/v1/auth/login', 100, { 'content-type': 'application/json' }, '{');
  timeOut(slow.server);
  await once(slow.client, 'close');
  expect(slow.answer()).toContain('did not arrive in time');
});
