import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { APPLICATION } from '../../src/database/session.ts';
import { workInBackground } from '../../src/lambda/scheduled.ts';
import { selectModules } from '../../src/modules/index.ts';
import { prepareDeployment } from '../../src/prepare.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { bundledFunctions } from '../support/bundled-functions.ts';
import { createTestDatabase } from '../support/database.ts';
import { expectDocsPage } from '../support/docs-page.ts';
import { eventually } from '../support/eventually.ts';
import { expectEachUserRedeemedOnce, startJourneys } from '../support/journeys.ts';
import { createFunction, startPlatform } from '../support/lambda-platform.ts';
import { startReceiver } from '../support/receiver.ts';
import { rowsOf, setStage } from '../support/stage.ts';
import { marksOf, openGate, prepareTestJobs, testJobs } from '../support/test-jobs.ts';
import { makeWebhook, spendCoupon } from '../support/webhooks.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp({ modules: MODULES, config: { jobConcurrency: 0, webhookAllowPrivate: LOOPBACK } });
  await prepareTestJobs(t.db);
  admin = await t.asAdmin();
});
afterAll(() => t.close());

const MODULES = [...selectModules(['accounts', 'books', 'jobs', 'coupons', 'webhooks']), testJobs];
const LOOPBACK = ['127.0.0.0/8'];
const ADMIN = { ADMIN_EMAIL: 'first@example.test', ADMIN_PASSWORD: 'a long and unusual sentence' };

async function background() {
  const config = readConfig({ DATABASE_URL: t.databaseUrl, DATABASE_POOL_SIZE: '5', LOG_LEVEL: 'error' });
  return buildApp({
    config: { ...config, sweepSeconds: 0, webhookAllowPrivate: LOOPBACK },
    modules: MODULES,
  });
}

async function startJob(job: object): Promise<string> {
  const response = await t.app.inject({
    method: 'POST',
    url: '/api/v1/test-jobs',
    headers: { ...admin.headers, prefer: 'respond-async' },
    payload: job,
  });
  return response.json<{ id: string }>().id;
}

const statusOf = async (id: string) =>
  (await rowsOf<{ status: string }>(t.databaseUrl, 'SELECT status FROM jobs WHERE id = $1', [id]))[0].status;

test('a deployment prepares an empty database once, however often and by however many it is asked to', async () => {
  const { url, drop } = await createTestDatabase();
  onTestFinished(drop);
  await rowsOf(url, 'DROP SCHEMA public CASCADE; DROP SCHEMA pgboss CASCADE; CREATE SCHEMA public');
  const config = readConfig({ DATABASE_URL: url, LOG_LEVEL: 'error', ...ADMIN });
  const results = await Promise.all([prepareDeployment(config), prepareDeployment(config)]);
  expect(results.map(({ firstAdministrator }) => firstAdministrator).sort()).toEqual([
    ADMIN.ADMIN_EMAIL,
    null,
  ]);
  expect(await prepareDeployment(config)).toEqual({ firstAdministrator: null });
});

test('without a password for the first administrator nothing is prepared: it would be shown in a log alone', async () => {
  await expect(prepareDeployment(readConfig({ DATABASE_URL: t.databaseUrl }))).rejects.toThrow(
    'ADMIN_PASSWORD',
  );
});

test('each minute: expired locks are written down, keys made, and the jobs that wait are done', async () => {
  const { bookId, codes, users } = await setStage(t.databaseUrl, { users: 1, codes: 1 });
  await sql`
    UPDATE coupons SET state = 'LOCKED', assigned_user_id = ${users[0]!.id}, assigned_at = clock_timestamp(),
      locked_by_user_id = ${users[0]!.id}, locked_at = clock_timestamp() - interval '2 minutes',
      lock_expires_at = clock_timestamp() - interval '1 minute'
    WHERE book_id = ${bookId}`.execute(t.db);
  const id = await startJob({ steps: 3 });
  await workInBackground(await background(), 60_000);
  const [coupon] = await rowsOf<{ state: string }>(
    t.databaseUrl,
    'SELECT state FROM coupons WHERE code = $1',
    [codes[0]],
  );
  expect(coupon.state).toBe('ASSIGNED');
  expect(await statusOf(id)).toBe('completed');
});

test('each minute: what happened leaves for webhooks', async () => {
  const receiver = await startReceiver();
  await makeWebhook(t, admin, receiver.url);
  const { bookId } = await spendCoupon(t);
  await workInBackground(await background(), 60_000);
  const received = () => receiver.received.filter(({ body }) => body.includes(bookId));
  expect(received().map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual(
    expect.arrayContaining(['coupon.assigned', 'coupon.locked', 'coupon.redeemed']),
  );
  // Nothing leaves twice, and nothing is left.
  await workInBackground(await background(), 60_000);
  expect(received()).toHaveLength(3);
});

test('the bundled function sends webhooks too, of which it has only what that needs', async () => {
  const receiver = await startReceiver();
  await makeWebhook(t, admin, receiver.url);
  const { bookId } = await spendCoupon(t);
  const env = {
    DATABASE_URL: t.databaseUrl,
    DATABASE_POOL_SIZE: '5',
    WEBHOOK_ALLOW_PRIVATE: LOOPBACK.join(),
  };
  const bundled = createFunction({ name: 'scheduled', env, folder: await bundledFunctions() });
  onTestFinished(bundled.stop);
  await bundled.invoke({}, 60_000);
  expect(receiver.received.filter(({ body }) => body.includes(bookId))).toHaveLength(3);
});

test('a job for which the time is too short goes on the next time where it stopped, and does nothing twice', async () => {
  const id = await startJob({ steps: 5, gate: 3 });
  // No time at all is left after the first look at the clock.
  const app = await background();
  const first = workInBackground(app, 20_500);
  await first;
  expect(await statusOf(id)).not.toBe('completed');
  await openGate(t.db, id);
  await eventually(async () => {
    await workInBackground(await background(), 60_000);
    return (await statusOf(id)) === 'completed';
  });
  expect((await marksOf(t.db, id)).steps).toEqual([1, 2, 3, 4, 5]);
});

test('a container whose connection was closed while it was frozen answers its first request, a write too', async () => {
  const { url, drop } = await createTestDatabase();
  onTestFinished(drop);
  const { users, bookId } = await setStage(url, { users: 2, codes: 2 });
  const env = { DATABASE_URL: url, DATABASE_POOL_SIZE: '1', JOB_CONCURRENCY: '0', MODULES: 'coupons' };
  const frozen = createFunction({ name: 'lambda', env, maxContainers: 1 });
  onTestFinished(frozen.stop);
  const claim = (user: { headers: { authorization: string } }) =>
    frozen.invoke({
      version: '2.0',
      rawPath: '/api/v1/coupons/assign/random',
      rawQueryString: '',
      headers: { ...user.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ bookId }),
      isBase64Encoded: false,
      requestContext: { requestId: 'thawed', http: { method: 'POST', sourceIp: '192.0.2.1' } },
    });
  expect(await claim(users[0]!)).toMatchObject({ statusCode: 200 });
  const [pid] = frozen.pids();
  process.kill(pid!, 'SIGSTOP');
  const [{ closed }] = await rowsOf<{ closed: number }>(
    url,
    `SELECT count(pg_terminate_backend(pid, 60000))::int AS closed FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = '${APPLICATION}'`,
  );
  expect(closed).toBe(1);
  const answer = claim(users[1]!);
  process.kill(pid!, 'SIGCONT');
  expect(await answer).toMatchObject({ statusCode: 200 });
});

test('the whole package is small, since every new container fetches it', async () => {
  const folder = await bundledFunctions();
  const files = globSync('**', { cwd: folder }).map((file) => statSync(join(folder, file)));
  expect(files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)).toBeLessThan(4e6);
});

test('the documentation page comes whole from a bundle, compressed for those who read that', async () => {
  const { url, drop } = await createTestDatabase();
  onTestFinished(drop);
  const platform = await startPlatform({
    folder: await bundledFunctions(),
    env: { DATABASE_URL: url, ...ADMIN },
  });
  onTestFinished(platform.stop);
  await expectDocsPage(platform.url);
});

test('races over the bundled functions with one connection each: every user is given, holds and redeems one coupon, once', async () => {
  const { url, drop } = await createTestDatabase();
  onTestFinished(drop);
  const platform = await startPlatform({
    folder: await bundledFunctions(),
    env: { DATABASE_URL: url, RATE_LIMIT_SCALE: '100000', ...ADMIN },
  });
  onTestFinished(platform.stop);
  const stage = await setStage(url, { users: 40, codes: 40 });
  await startJourneys(() => platform.url, stage).finished;
  await expectEachUserRedeemedOnce(url, stage);
  for (const name of ['coupon', 'redemption'] as const)
    expect(platform.functions[name].pids().length, name).toBeGreaterThan(1);
});
