import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { countGiven, keepClaiming } from '../support/claims.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/embedded-postgres.ts';
import { holdAllCoupons, holdFirstAdmin } from '../support/held-locks.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { setStage } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Leaves little of the machine to anybody else until the test ends: what only works for want of a delay does not work then. */
function keepCoresBusy(): void {
  const children = Array.from({ length: 5 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  const end = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', end);
  onTestFinished(() => {
    process.off('exit', end);
    end();
  });
}

test.for([
  { name: 'SIGTERM under load', busy: false, workers: '1' },
  { name: 'SIGTERM under load, on a machine that is busy with other things,', busy: true, workers: '1' },
  { name: 'SIGTERM under load, of two workers,', busy: false, workers: '2' },
])(
  '$name loses no request: each one sent gets its whole answer, and what it says has happened',
  async ({ busy, workers }) => {
    const stage = await setStage(database.url, { users: 32, codes: 20_000, limit: 20_000 });
    const server = await launchServer({
      DATABASE_URL: database.url,
      // Long enough to be seen by this process, which gets as little of the machine.
      DRAIN_SECONDS: busy ? '3' : '1',
      WORKERS: workers,
      LOG_LEVEL: 'info',
    });
    await untilReady(server);
    await eventually(() => listening(server) === Number(workers));
    const load = keepClaiming(server, stage);
    await eventually(() => load.answered() >= 300);
    if (busy) keepCoresBusy();

    server.kill('SIGTERM');
    const ready = await eventually(async () => {
      const response = await fetch(`${server.url}/health/ready`);
      return response.status === 503 ? response : null;
    });
    expect(await ready.json()).toMatchObject({ code: 'unavailable', reason: 'stopping' });
    await load.refused;

    const code = await server.exited;
    const log = server
      .output()
      .split('\n')
      .filter((line) => !line.includes('"msg":"request"'));
    expect(code, log.join('\n').slice(-3_000)).toBe(0);
    expect(load.lost).toEqual([]);
    expect([...load.statuses]).toEqual([200]);
    expect(await countGiven(database.url, stage)).toBe(load.answered());
  },
);

test('SIGTERM while new connections are opened all the time, by clients that wait for nothing, loses no request', async () => {
  const server = await launchServer({ DATABASE_URL: database.url, DRAIN_SECONDS: '1', LOG_LEVEL: 'info' });
  await untilReady(server);
  const lost: string[] = [];
  let answered = 0;
  let open = 0;
  const ask = () =>
    void new Promise<void>((resolve) => {
      open += 1;
      const outgoing = request(`${server.url}/health/live`, { agent: false });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED') lost.push(error.message);
        resolve();
      });
      outgoing.on('response', (response) => {
        response.resume();
        response.on('error', (error) => lost.push(`in the middle of an answer: ${error.message}`));
        response.on('end', () => (answered += 1));
        response.on('close', resolve);
      });
      outgoing.end();
    }).finally(() => (open -= 1));
  const flood = setInterval(() => {
    ask();
    ask();
  }, 1);
  onTestFinished(() => clearInterval(flood));
  await eventually(() => answered >= 300);
  server.kill('SIGTERM');
  const code = await server.exited;
  clearInterval(flood);
  await eventually(() => open === 0);
  expect(code).toBe(0);
  expect(lost).toEqual([]);
});

const listening = (server: ServerProcess) => server.output().split('listening on').length - 1;

/** What waits for a lock does so until the test lets go of it. */
const PATIENT = { DATABASE_STATEMENT_TIMEOUT_SECONDS: '60' };

/** It accepts no more connections. */
const untilClosed = ({ url }: ServerProcess) =>
  eventually(() =>
    fetch(`${url}/health/live`)
      .then(() => false)
      .catch(() => true),
  );

test('a request that is under way when SIGTERM comes is finished, and silent connections do not delay the end', async () => {
  const stage = await setStage(database.url, { users: 1, codes: 1 });
  const server = await launchServer({ DATABASE_URL: database.url, ...PATIENT });
  await untilReady(server);
  const { port } = new URL(server.url);
  const silent = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void silent.destroy());

  // Nothing gets at a coupon, so the claim can only end after we let go.
  const holder = await holdAllCoupons(database.url);
  const claim = fetch(`${server.url}/api/v1/coupons/assign/${stage.codes[0]}`, {
    method: 'POST',
    headers: { ...stage.users[0]!.headers, 'content-type': 'application/json' },
    body: '{}',
  });
  await eventually(() => holder.isWaitedFor());
  server.kill('SIGTERM');
  await untilClosed(server);
  await holder.release();

  expect((await claim).status).toBe(200);
  expect(await server.exited).toBe(0);
});

test('a request that arrives after the stop on a connection from before it is answered, also by a process that had to wait', async () => {
  const server = await launchServer({ DATABASE_URL: database.url });
  await untilReady(server);
  const { port } = new URL(server.url);
  const client = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void client.destroy());
  await once(client, 'connect');
  server.kill('SIGTERM');
  await untilClosed(server);

  // As on a machine that gives it no time for a while.
  server.kill('SIGSTOP');
  client.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const stoppedAt = performance.now();
  await eventually(() => performance.now() - stoppedAt > 2_000);
  server.kill('SIGCONT');
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  expect(await server.exited).toBe(0);
});

test('SIGTERM while the database cannot be reached still ends with 0', async () => {
  const server = await launchServer({ DATABASE_URL: 'postgres://127.0.0.1:9/none' });
  await eventually(async () => (await fetch(`${server.url}/health/live`)).ok);
  expect(await server.stop()).toBe(0);
});

test.for(['1', '2'])(
  'SIGTERM while the embedded database is made ends with 0 and leaves no PostgreSQL behind: %s workers',
  async (workers) => {
    const dataDir = temporaryFolder();
    const server = await launchServer({ DATA_DIR: dataDir, WORKERS: workers });
    await eventually(() => readdirSync(dataDir).length > 0);
    expect(await server.stop()).toBe(0);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
  },
);

test('SIGTERM while the first administrator is made: whoever started it is still told the password', async () => {
  const empty = await createTestDatabase();
  onTestFinished(() => empty.drop());
  const holder = await holdFirstAdmin(empty.url);
  const server = await launchServer({ DATABASE_URL: empty.url, ...PATIENT });
  await eventually(() => holder.isWaitedFor());
  server.kill('SIGTERM');
  await untilClosed(server);
  await holder.release();
  expect(await server.exited).toBe(0);
  expect(server.output()).toMatch(/First administrator: admin@localhost {3}initial password: \S+/);
});
