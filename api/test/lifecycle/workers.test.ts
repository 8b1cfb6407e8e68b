import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openStream } from '../../race/event-stream.ts';
import { findProcesses } from '../../src/embedded-postgres/processes.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const workersOf = ({ pid }: ServerProcess) =>
  findProcesses('monolith').filter(({ parent }) => parent === pid);

/** The processes in whose lines of the log this is. */
const pidsThatSaid = (server: ServerProcess, what: string) =>
  new Set(
    server
      .output()
      .split('\n')
      .filter((line) => line.includes(what))
      .map((line) => /"pid":(\d+)/.exec(line)?.[1]),
  );

/** Until both take requests: one that is still starting is not asked for its metrics in vain. Needs LOG_LEVEL=info. */
const untilBothListen = (server: ServerProcess) =>
  eventually(() => pidsThatSaid(server, 'listening on').size === 2);

/** Over a connection of its own. */
const get = (server: ServerProcess, path: string) =>
  fetch(`${server.url}${path}`, { headers: { connection: 'close' } });

test('workers share one database and its first administrator; one that is killed is replaced while the other serves', async () => {
  const server = await launchServer({ WORKERS: '2', DATA_DIR: temporaryFolder() });
  await untilReady(server);
  const [victim, other] = await eventually(() => (workersOf(server).length === 2 ? workersOf(server) : null));

  process.kill(victim!.pid, 'SIGKILL');
  const now = await eventually(() => {
    const workers = workersOf(server).map(({ pid }) => pid);
    return workers.length === 2 && !workers.includes(victim!.pid) ? workers : null;
  });
  expect(now).toContain(other!.pid);
  for (let n = 0; n < 10; n += 1) {
    await eventually(async () => (await get(server, '/health/ready')).status === 200);
  }
  expect(await server.stop()).toBe(0);
  expect(server.output()).toContain('a worker died: another takes its place');
  expect(server.output().match(/First administrator/g)).toHaveLength(1);
  expect(now.filter((pid) => workersOf(server).some((worker) => worker.pid === pid))).toEqual([]);
});

test('workers share the database connections, one of them does the chores, and /metrics tells of all', async () => {
  const server = await launchServer({
    DATABASE_URL: database.url,
    WORKERS: '2',
    DATABASE_POOL_SIZE: '4',
    SWEEP_SECONDS: '1',
    LOG_LEVEL: 'info',
  });
  await untilBothListen(server);
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async () => (await get(server, '/.well-known/jwks.json')).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  const count =
    /^http_request_duration_seconds_count\{[^}]*route="\/\.well-known\/jwks\.json"[^}]*\} (\d+)$/m;
  for (let n = 0; n < 4; n += 1) {
    const text = await (await get(server, '/metrics')).text();
    expect(Number(count.exec(text)?.[1])).toBe(40);
  }
  const [open] = await rowsOf<{ n: number }>(
    database.url,
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'coupon-book 2'`,
  );
  expect(open!.n).toBeLessThanOrEqual(4);
});

test('what any worker changes reaches a stream that one of them holds', async () => {
  const stage = await setStage(database.url, { users: 1, codes: 8, limit: 8 });
  const [{ headers }] = stage.users as [(typeof stage.users)[0]];
  const server = await launchServer({ DATABASE_URL: database.url, WORKERS: '2', LOG_LEVEL: 'info' });
  await untilBothListen(server);

  const stream = await openStream(server.url, { headers });
  onTestFinished(() => stream.cut());
  await eventually(() => stream.messages.some(({ event }) => event === 'ready'));
  for (let n = 0; n < 8; n += 1) {
    const response = await fetch(`${server.url}/api/v1/coupons/assign/random`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ bookId: stage.bookId }),
    });
    expect(response.status).toBe(200);
  }
  await eventually(() => pidsThatSaid(server, '/coupons/assign/random').size === 2);
  await eventually(() => stream.changes().length >= 8);
  expect(new Set(stream.changes().map(({ id }) => id)).size).toBe(8);
});

test('workers that cannot listen are not started again and again: it says why and ends with 1', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  onTestFinished(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const server = await launchServer({ DATABASE_URL: database.url, WORKERS: '2', PORT: String(port) });
  expect(await server.exited).toBe(1);
  expect(server.output()).toContain('it is in use');
});
