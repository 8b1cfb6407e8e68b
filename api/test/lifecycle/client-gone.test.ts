import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const ADMIN = { email: 'admin@example.test', password: 'a long and unusual sentence' };
const FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nGONE-1\n';

test('a client that goes away while it sends is no outage in the log', async () => {
  const server = await launchServer({
    DATABASE_URL: database.url,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    LOG_LEVEL: 'info',
  });
  await untilReady(server);
  const post = async (path: string, body: object, token?: string) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const { accessToken } = await post('/auth/login', ADMIN);
  const { id: book } = await post('/books', { name: 'Left alone' }, accessToken);
  const { id: pool } = await post('/pools', { name: 'Left alone' }, accessToken);
  const lines = () =>
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { level: number; msg: string; route?: string });

  for (const [path, route, type, begin] of [
    ['/auth/login', '/auth/login', 'application/json', '{"email":'],
    [`/books/${book}/codes/upload`, '/books/:id/codes/upload', 'text/csv', 'GONE-1\n'],
    [`/books/${book}/codes/upload`, '/books/:id/codes/upload', 'multipart/form-data; boundary=b', FORM],
    [`/pools/${pool}/users`, '/pools/:id/users', 'text/csv', 'ada@example.test\n'],
  ] as const) {
    const logged = lines().length;
    const { hostname, port } = new URL(server.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => {});
    client.write(
      `POST /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${accessToken}\r\nContent-Type: ${type}\r\n` +
        `Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n${begin}`,
    );
    // The server has the request when it says "continue".
    await new Promise((resolve) => client.once('data', resolve));
    client.resetAndDestroy();
    const noticed = () =>
      lines()
        .slice(logged)
        .filter((line) => line.msg === 'the client went away' && line.route === `/api/v1${route}`);
    await eventually(() => noticed().length > 0);
  }
  expect(lines().filter(({ level }) => level > 30)).toEqual([]);
  expect(await rowsOf(database.url, 'SELECT FROM upload_parts')).toEqual([]);
  expect(await server.stop()).toBe(0);
});
