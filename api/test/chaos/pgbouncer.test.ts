import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runAll } from '../support/database-role.ts';
import { eventually } from '../support/eventually.ts';
import { expectEachUserRedeemedOnce, startJourneys } from '../support/journeys.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type StagedUser } from '../support/stage.ts';

let database: TestDatabase;
let bouncer: PgBouncer;
let env: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  bouncer = await startPgBouncer(database.url);
  env = { DATABASE_URL: bouncer.url, DATABASE_DIRECT_URL: database.url };
});
afterAll(async () => {
  await bouncer.stop();
  await database.drop();
});

async function post(
  server: ServerProcess,
  path: string,
  user: StagedUser,
  body: object,
  key: string = randomUUID(),
) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { ...user.headers, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, replayed: response.headers.get('idempotent-replayed') };
}

test('through PgBouncer, two servers give 20 coupons to 100 racers, once each', async () => {
  const stage = await setStage(database.url, { users: 100, codes: 20 });
  const servers = await Promise.all([1, 2].map(() => launchServer(env)));
  await Promise.all(servers.map((server) => untilReady(server)));

  const answers = await Promise.all(
    stage.users.map((user, index) =>
      post(servers[index % 2]!, '/coupons/assign/random', user, { bookId: stage.bookId }),
    ),
  );
  const won = answers
    .filter(({ status }) => status === 200)
    .map(({ text }) => (JSON.parse(text) as { code: string }).code);
  expect(won).toHaveLength(20);
  expect(new Set(won).size).toBe(20);
  const lost = answers.filter(({ status }) => status !== 200);
  expect(lost.every(({ status, text }) => status === 409 && text.includes('"book-exhausted"'))).toBe(true);
});

test('through PgBouncer, coupons are assigned, locked and redeemed under load', async () => {
  const stage = await setStage(database.url, { users: 100, codes: 100 });
  const server = await launchServer(env);
  await untilReady(server);
  await startJourneys(() => server.url, stage).finished;
  await expectEachUserRedeemedOnce(database.url, stage);
});

test('through PgBouncer, an administrator makes a book, uploads codes, and repeats get the first answers', async () => {
  const { admin } = await setStage(database.url, { users: 1, codes: 1 });
  const server = await launchServer(env);
  await untilReady(server);

  const name = `book ${randomUUID()}`;
  const key = randomUUID();
  const made = await post(server, '/books', admin, { name }, key);
  expect(made.status).toBe(201);
  expect(await post(server, '/books', admin, { name }, key)).toEqual({ ...made, replayed: 'true' });
  const { id } = JSON.parse(made.text) as { id: string };

  const codes = Array.from({ length: 5_000 }, (_, index) => `PGB-${String(index).padStart(6, '0')}`);
  const upload = () =>
    fetch(`${server.url}/api/v1/books/${id}/codes/upload`, {
      method: 'POST',
      headers: {
        ...admin.headers,
        'content-type': 'text/csv',
        'idempotency-key': 'upload',
        prefer: 'wait=30',
      },
      body: ['code', ...codes].join('\n'),
    });
  const first = await upload();
  expect([200, 201, 202]).toContain(first.status);
  const firstText = await first.text();
  const repeat = await upload();
  expect(await repeat.text()).toBe(firstText);
  const [stored] = await rowsOf(database.url, 'SELECT count(*)::int AS n FROM coupons WHERE book_id = $1', [
    id,
  ]);
  expect(stored).toEqual({ n: 5_000 });
});

test('through PgBouncer, a database that lets nobody in is an outage, and over when it does', async () => {
  const { bookId, users, admin } = await setStage(database.url, { users: 1, codes: 5, limit: 5 });
  const server = await launchServer(env);
  await untilReady(server);
  const name = new URL(database.url).pathname.slice(1);
  const adminUrl = inject('adminUrl');
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
  const claim = () => post(server, '/coupons/assign/random', users[0]!, { bookId });
  const read = () => fetch(`${server.url}/api/v1/books`, { headers: admin.headers });
  expect((await claim()).status).toBe(200);

  await runAll(adminUrl, [`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`, end]);
  for (const { status, headers } of await Promise.all([read(), read(), read()])) {
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }
  expect((await claim()).status).toBe(503);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);

  await runAll(adminUrl, [`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`]);
  await eventually(async () => (await claim()).status === 200);
  await eventually(async () => (await fetch(`${server.url}/health/ready`)).status === 200);
});
