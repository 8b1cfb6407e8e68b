import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { openStream, type StreamClient } from '../../race/event-stream.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDurablePostgres } from '../support/durable-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type Stage } from '../support/stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const isReady = (stream: StreamClient) => () => stream.messages.some(({ event }) => event === 'ready');
const ids = (...streams: StreamClient[]) => streams.flatMap((s) => s.changes().map(({ id }) => id));

async function assign(url: string, { bookId, users }: Stage): Promise<number> {
  const response = await fetch(`${url}/api/v1/coupons/assign/random`, {
    method: 'POST',
    headers: { ...users[0]!.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ bookId }),
  });
  await response.arrayBuffer();
  return response.status;
}

const recorded = async (databaseUrl: string) =>
  (await rowsOf<{ id: string }>(databaseUrl, 'SELECT id FROM events ORDER BY id')).map(({ id }) =>
    Number(id),
  );

test('streams outlive their database: they stay open, and nothing that others did meanwhile is missed', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const proxy = await startTcpProxy(database.url);
  const stage = await setStage(database.url, { users: 1, codes: 10, limit: 10 });
  const server = await launchServer({ DATABASE_URL: proxy.url, DATABASE_DIRECT_URL: database.url });
  await untilReady(server);
  const stream = await openStream(server.url, { headers: stage.users[0]!.headers });
  onTestFinished(() => stream.cut());
  await eventually(isReady(stream));
  expect(await assign(server.url, stage)).toBe(200);
  await eventually(() => ids(stream).length === 1);

  await proxy.down();
  await eventually(async () => (await fetch(`${server.url}/health/ready`)).status === 503);
  expect((await openStream(server.url, { headers: stage.users[0]!.headers })).status).toBe(503);
  const other = new pg.Client(database.url);
  await other.connect();
  await other.query(
    `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
     SELECT 'coupon.locked', $1, 1, $2, clock_timestamp() FROM generate_series(1, 5)`,
    [stage.bookId, stage.users[0]!.id],
  );
  await other.end();
  expect(stream.isEnded()).toBe(false);
  await proxy.up();

  await eventually(() => ids(stream).length === 6);
  expect(ids(stream)).toEqual(await recorded(database.url));
});

test('a database that was killed and recovered: each change is told once, by the same connections', async () => {
  const postgres = await startDurablePostgres();
  onTestFinished(() => postgres.remove());
  const server = await launchServer({ DATABASE_URL: postgres.url });
  await untilReady(server);
  const stage = await setStage(postgres.url, { users: 1, codes: 20_000, limit: 20_000 });
  const streams = await Promise.all(
    [stage.users[0]!, stage.admin].map((user) => openStream(server.url, { headers: user.headers })),
  );
  for (const stream of streams) {
    onTestFinished(() => stream.cut());
    await eventually(isReady(stream));
  }
  let killed = false;
  const claiming = (async () => {
    for (let after = 0; after < 100;) if ((await assign(server.url, stage)) === 200 && killed) after += 1;
  })();
  await eventually(() => ids(streams[0]!).length > 50);
  postgres.kill();
  await postgres.stop().catch(() => undefined);
  await postgres.start();
  killed = true;
  await claiming;
  const all = await eventually(() => recorded(postgres.url));
  for (const stream of streams) {
    await eventually(() => ids(stream).length >= all.length);
    expect(ids(stream).sort((x, y) => x - y)).toEqual(all);
    expect(stream.isEnded()).toBe(false);
  }
});

test('a server that is told to stop ends its streams, and they go on at another where they were', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const stage = await setStage(database.url, { users: 1, codes: 30, limit: 30 });
  const [one, two] = await Promise.all([1, 2].map(() => launchServer({ DATABASE_URL: database.url })));
  await Promise.all([untilReady(one!), untilReady(two!)]);
  const { headers } = stage.users[0]!;
  const stream = await openStream(one!.url, { headers });
  await eventually(isReady(stream));
  for (let n = 0; n < 3; n += 1) await assign(two!.url, stage);
  await eventually(() => ids(stream).length === 3);

  expect(await one!.stop()).toBe(0);
  // It was not waited for.
  expect(one!.output()).not.toContain('requests are still under way');
  await stream.ended;
  expect(stream.messages.at(-1)).toMatchObject({ event: 'end', data: { reason: 'stopping' } });
  for (let n = 0; n < 3; n += 1) await assign(two!.url, stage);
  const again = await openStream(two!.url, { headers, lastEventId: stream.lastEventId() });
  onTestFinished(() => again.cut());
  await eventually(() => ids(again).length === 3);
  expect(ids(stream, again)).toEqual(await recorded(database.url));
});
