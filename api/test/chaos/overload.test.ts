import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { holdAllCoupons, holdCoupon } from '../support/held-locks.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type StagedUser } from '../support/stage.ts';

/** Statements end after 2 s, waits for locks after 1 s. */
const TIMEOUTS = { DATABASE_STATEMENT_TIMEOUT_SECONDS: '2' };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function timed(server: ServerProcess, path: string, user: StagedUser, body?: object) {
  const startedAt = performance.now();
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { ...user.headers, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const { code } = (await response.json()) as { code?: string };
  return {
    status: response.status,
    code,
    retryAfter: response.headers.get('retry-after'),
    ms: performance.now() - startedAt,
  };
}

test('with every connection of the pool stuck, requests get a quick 503 instead of hanging, and all is well after it', async () => {
  const stage = await setStage(database.url, { users: 50, codes: 60 });
  const server = await launchServer({ DATABASE_URL: database.url, DATABASE_POOL_SIZE: '2', ...TIMEOUTS });
  await untilReady(server);

  const lock = await holdAllCoupons(database.url);
  const answers = await Promise.all(
    Array.from({ length: 1_500 }, (_, index) => timed(server, '/coupons', stage.users[index % 50]!)),
  );
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  await lock.release();

  expect(new Set(answers.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(['503 unavailable']),
  );
  expect(answers.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
  // Those beyond the queue are refused at once; the others wait 3 s for a connection, two of them 4 s for its answer. The rest
  // is what a slow machine needs for 1,500 requests.
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(60_000);
  await eventually(async () => (await timed(server, '/coupons', stage.users[0]!)).status === 200);
});

test('a coupon that somebody else holds stops the others no longer than two time-outs for locks', async () => {
  const stage = await setStage(database.url, { users: 20, codes: 40 });
  const server = await launchServer({ DATABASE_URL: database.url, ...TIMEOUTS });
  await untilReady(server);
  await rowsOf(
    database.url,
    `UPDATE coupons c SET state = 'ASSIGNED', assigned_user_id = u.id, assigned_at = clock_timestamp()
     FROM unnest($1::text[], $2::uuid[]) AS u(code, id) WHERE c.code = u.code`,
    [stage.codes.slice(0, 20), stage.users.map(({ id }) => id)],
  );

  const lock = await holdCoupon(database.url, stage.codes[0]!);
  const asked = Promise.all(
    stage.users.map((user, index) => timed(server, `/coupons/lock/${stage.codes[index]}`, user, {})),
  );
  const waits = await lock.countWaitsDuring(asked);
  const [stuck, ...others] = await asked;
  const random = await timed(server, '/coupons/assign/random', stage.admin, {
    bookId: stage.bookId,
    userId: stage.users[0]!.id,
  });
  await lock.release();

  expect(stuck).toMatchObject({ status: 503, code: 'unavailable' });
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
  // One for the group that it spoils, one more when the group is settled one by one and it comes first.
  expect(waits).toBeLessThanOrEqual(2);
  expect(random.status).toBe(200);
  expect((await timed(server, `/coupons/lock/${stage.codes[0]}`, stage.users[0]!, {})).status).toBe(200);
});

test('connections that the database ends in the middle of transactions cost their requests a 503, not the server', async () => {
  const stage = await setStage(database.url, { users: 20, codes: 40 });
  const server = await launchServer({ DATABASE_URL: database.url });
  await untilReady(server);

  const lock = await holdAllCoupons(database.url);
  const claim = timed(server, `/coupons/assign/${stage.codes[0]}`, stage.users[0]!, {});
  await eventually(() => lock.isWaitedFor());
  await rowsOf(
    database.url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'coupon-book 2' AND datname = current_database()`,
  );
  expect(await claim).toMatchObject({ status: 503, code: 'unavailable' });
  await lock.release();
  // Connections that were idle may be noticed only when they are used next.
  await eventually(
    async () =>
      (await timed(server, `/coupons/assign/${stage.codes[0]}`, stage.users[0]!, {})).status === 200,
  );
});
