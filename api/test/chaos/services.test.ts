import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openStream } from '../../race/event-stream.ts';
import { isRunning } from '../../src/embedded-postgres/processes.ts';
import { countGiven, keepClaiming } from '../support/claims.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { expectEachUserRedeemedOnce, startJourneys } from '../support/journeys.ts';
import { launchServer, type ServerProcess } from '../support/server.ts';
import { setStage } from '../support/stage.ts';

const file = fileURLToPath(new URL('../../src/run/services.ts', import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function launchServices(env: Record<string, string> = {}): Promise<ServerProcess> {
  const launcher = await launchServer({ DATABASE_URL: database.url, LOG_LEVEL: 'info', ...env }, { file });
  // They end with their launcher; one that does not would outlive the test.
  onTestFinished(async () => {
    launcher.kill('SIGKILL');
    await eventually(() => Object.values(childrenOf(launcher)).every((pid) => !isRunning(pid)));
  });
  await untilComplete(launcher);
  return launcher;
}

const untilComplete = (launcher: ServerProcess) =>
  eventually(async () => {
    const response = await fetch(`${launcher.url}/health/ready`, { headers: { connection: 'close' } });
    const { services } = (await response.json()) as { services: Record<string, string> };
    return Object.values(services).every((state) => state === 'ready');
  });

/** The processes that were started last, by the names of their services. */
function childrenOf(launcher: ServerProcess): Record<string, number> {
  const children: Record<string, number> = {};
  for (const [, line = ''] of launcher.output().matchAll(/^(\{.*"started a service".*\})$/gm)) {
    const { service, child } = JSON.parse(line) as { service: string; child: number };
    children[service] = child;
  }
  return children;
}

test('each service may be killed while users are served: it comes back, and nothing is lost or done twice', async () => {
  const launcher = await launchServices();
  for (const name of ['auth', 'coupon', 'worker', 'redemption', 'gateway']) {
    const stage = await setStage(database.url, { users: 60, codes: 70 });
    const journeys = startJourneys(() => launcher.url, stage);
    await eventually(() => journeys.acknowledged() >= 20);
    const { [name]: pid } = childrenOf(launcher);
    process.kill(pid!, 'SIGKILL');
    await journeys.finished;
    await eventually(() => childrenOf(launcher)[name] !== pid);
    await untilComplete(launcher);
    // Nothing but "come again": while a service is away, or the first attempt of a repeat still runs.
    expect(journeys.refusals.filter(({ status }) => status !== 409 && status !== 503)).toEqual([]);
    for (const { retryAfter } of journeys.refusals) expect(retryAfter).toMatch(/^\d+$/);
    await expectEachUserRedeemedOnce(database.url, stage);
  }
});

test('a change that one service makes reaches a stream that another process holds', async () => {
  const stage = await setStage(database.url, { users: 1, codes: 1 });
  const launcher = await launchServices();
  const stream = await openStream(launcher.url, { headers: stage.users[0]!.headers });
  await eventually(() => stream.messages.some(({ event }) => event === 'ready'));
  await startJourneys(() => launcher.url, stage).finished;
  await eventually(() => stream.changes().length === 3);
  expect(stream.changes().map(({ type }) => type)).toEqual([
    'coupon.assigned',
    'coupon.locked',
    'coupon.redeemed',
  ]);
  stream.cut();
});

test('SIGTERM under load ends all of them and loses no request', async () => {
  const stage = await setStage(database.url, { users: 16, codes: 20_000, limit: 20_000 });
  const launcher = await launchServices({ DRAIN_SECONDS: '1' });
  const stream = await openStream(launcher.url, { headers: stage.admin.headers });
  const children = childrenOf(launcher);
  expect(Object.keys(children).sort()).toEqual(['auth', 'coupon', 'gateway', 'redemption', 'worker']);
  const load = keepClaiming(launcher, stage);
  await eventually(() => load.answered() >= 200);

  launcher.kill('SIGTERM');
  await load.refused;
  expect(await launcher.exited).toBe(0);
  await stream.ended;
  for (const pid of Object.values(children)) expect(isRunning(pid)).toBe(false);
  expect(load.lost).toEqual([]);
  expect([...load.statuses]).toEqual([200]);
  expect(await countGiven(database.url, stage)).toBe(load.answered());
});

test('kill -9 of the launcher leaves no service behind', async () => {
  const launcher = await launchServices();
  const children = Object.values(childrenOf(launcher));
  launcher.kill('SIGKILL');
  await eventually(() => children.every((pid) => !isRunning(pid)));
});

test('a split that is impossible is said in one line, and ends the start', async () => {
  const service = fileURLToPath(new URL('../../src/run/service.ts', import.meta.url));
  const gateway = fileURLToPath(new URL('../../src/run/gateway.ts', import.meta.url));
  const outputOf = async (program: string, env: Record<string, string> = {}) => {
    const server = await launchServer(env, { file: program });
    return [await server.exited, server.output().trim().split('\n')] as const;
  };
  expect(await outputOf(service)).toEqual([
    1,
    [expect.stringMatching(/^No service is named: start this program with one of auth, /)],
  ]);
  expect(await outputOf(gateway, { AUTH_URL: 'http://127.0.0.1:1' })).toEqual([
    1,
    ['The gateway needs REDEMPTION_URL, COUPON_URL'],
  ]);
});
