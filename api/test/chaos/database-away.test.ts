import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { type DurablePostgres, startDurablePostgres } from '../support/durable-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { expectEachUserRedeemedOnce, startJourneys, type Journeys } from '../support/journeys.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type StagedUser } from '../support/stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let postgres: DurablePostgres;
beforeAll(async () => {
  postgres = await startDurablePostgres();
  await migrate(postgres.url);
});
afterAll(() => postgres.remove());

const statusOf = async (server: ServerProcess, path: string) => (await fetch(`${server.url}${path}`)).status;

async function claim(
  server: ServerProcess,
  user: StagedUser,
  bookId: string,
  key: string,
): Promise<Response> {
  return fetch(`${server.url}/api/v1/coupons/assign/random`, {
    method: 'POST',
    headers: { ...user.headers, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ bookId }),
  });
}

/** "Come again", or a repeat that met its own first attempt: the database goes on with what nobody waits for any more. */
const isOutageAnswer = ({ status, code, retryAfter }: Journeys['refusals'][number]) =>
  Number(retryAfter) > 0 &&
  ((status === 503 && code === 'unavailable') || (status === 409 && code === 'conflict'));

test('kill -9 of the database: the server stays, says 503, recovers by itself, and nothing acknowledged is lost', async () => {
  const stage = await setStage(postgres.url, { users: 300, codes: 320 });
  const proxy = await startTcpProxy(postgres.url);
  const server = await launchServer({ DATABASE_URL: proxy.url });
  await untilReady(server);
  const journeys = startJourneys(() => server.url, stage);
  await eventually(() => journeys.acknowledged() >= 100);

  postgres.kill();
  await proxy.down(); // Or it would be back before we have looked.
  await eventually(async () => (await statusOf(server, '/health/ready')) === 503);
  expect(await statusOf(server, '/health/live')).toBe(200);
  const refused = await claim(server, stage.users[0]!, stage.bookId, randomUUID());
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: 'unavailable' });

  await proxy.up();
  await eventually(async () => (await statusOf(server, '/health/ready')) === 200);
  await eventually(() => journeys.acknowledged() >= 400);
  postgres.kill(); // And once more, now without hiding that it comes back at once.
  await journeys.finished;

  expect(journeys.interrupted()).toBeGreaterThan(0);
  expect(journeys.refusals.filter((refusal) => !isOutageAnswer(refusal))).toEqual([]);
  expect(journeys.refusals.every(({ retryAfter }) => Number(retryAfter) > 0)).toBe(true);
  await expectEachUserRedeemedOnce(postgres.url, stage);
});

test('an answer lost after COMMIT: 503, and the repeat gets the first answer and changes nothing', async () => {
  const { bookId, users } = await setStage(postgres.url, { users: 1, codes: 5, limit: 5 });
  const proxy = await startTcpProxy(postgres.url);
  const server = await launchServer({ DATABASE_URL: proxy.url, DATABASE_DIRECT_URL: postgres.url });
  await untilReady(server);
  const key = randomUUID();

  const lost = proxy.loseNextCommit();
  const first = await claim(server, users[0]!, bookId, key);
  await lost;
  expect(first.status).toBe(503);
  expect(first.headers.get('retry-after')).toBeTruthy();

  const repeat = await claim(server, users[0]!, bookId, key);
  expect(repeat.status).toBe(200);
  expect(repeat.headers.get('idempotent-replayed')).toBe('true');
  const { code } = (await repeat.json()) as { code: string };
  const assigned = await rowsOf(postgres.url, 'SELECT code FROM coupons WHERE assigned_user_id = $1', [
    users[0]!.id,
  ]);
  expect(assigned).toEqual([{ code }]);
  const [events] = await rowsOf(postgres.url, 'SELECT count(*)::int AS n FROM events WHERE book_id = $1', [
    bookId,
  ]);
  expect(events).toEqual({ n: 1 });
});

test('a database that hangs is given up within the time-outs, and is used again when it goes on', async () => {
  const stage = await setStage(postgres.url, { users: 100, codes: 120 });
  const server = await launchServer({ DATABASE_URL: postgres.url, DATABASE_STATEMENT_TIMEOUT_SECONDS: '1' });
  await untilReady(server);
  const journeys = startJourneys(() => server.url, stage);
  await eventually(() => journeys.acknowledged() >= 60);

  postgres.freeze();
  try {
    await eventually(async () => (await statusOf(server, '/health/ready')) === 503);
    expect(await statusOf(server, '/health/live')).toBe(200);
    await eventually(() => journeys.refusals.length >= 32);
  } finally {
    postgres.thaw();
  }
  await eventually(async () => (await statusOf(server, '/health/ready')) === 200);
  await journeys.finished;

  expect(journeys.refusals.filter((refusal) => !isOutageAnswer(refusal))).toEqual([]);
  await expectEachUserRedeemedOnce(postgres.url, stage);
});

test('a server that starts before its database is live but not ready, and takes traffic when the database comes', async () => {
  await postgres.stop();
  const server = await launchServer({ DATABASE_URL: postgres.url });
  await eventually(async () => (await statusOf(server, '/health/live')) === 200);
  expect(await statusOf(server, '/health/ready')).toBe(503);
  const early = await fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'someone@example.test', password: 'a long and unusual sentence' }),
  });
  expect(early.status).toBe(503);
  expect(await early.json()).toMatchObject({ code: 'unavailable' });

  await postgres.start();
  await untilReady(server);
  expect(await statusOf(server, '/health/ready')).toBe(200);
});
