import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startFauxqs } from 'fauxqs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type DurablePostgres, startDurablePostgres } from '../support/durable-postgres.ts';
import { CREDENTIALS } from '../support/event-bus.ts';
import { eventually } from '../support/eventually.ts';
import { freePort, launchServer, type ServerProcess } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';
import { makeWebhook } from '../support/webhooks.ts';
import { launchWorker } from '../support/workers.ts';

const RECEIVER = fileURLToPath(new URL('../support/receiver-process.ts', import.meta.url));
/** Without a time each is killed twice. Longer: KILL_SECONDS=120 npm test -- chaos/events-out */
const seconds = Number(process.env.KILL_SECONDS ?? 0);
const EVENTS_PER_SECOND = 300;

const folder = mkdtempSync(join(tmpdir(), 'coupon-book-events-out-'));
let postgres: DurablePostgres;
let node: TestApp;
let queues: Awaited<ReturnType<typeof startFauxqs>>;
beforeAll(async () => {
  postgres = await startDurablePostgres();
  await migrate(postgres.url);
  // It does not listen, so that only the worker hands on.
  node = await startTestApp({ databaseUrl: postgres.url, config: { webhookAllowPrivate: ['127.0.0.1'] } });
  queues = await startFauxqs({ port: 0, logger: false });
});
afterAll(async () => {
  await node?.close();
  await queues?.stop();
  await postgres?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Commits events all the time, until it is stopped. A commit whose answer was lost is not repeated. */
function keepCommitting(userId: string) {
  let running = true;
  const commit = async () => {
    const client = new pg.Client({ connectionString: postgres.url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (let n = 0; running; n += 1) {
        await client.query(
          `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
           SELECT 'coupon.locked', $1, $2, $1, clock_timestamp() FROM generate_series(1, $3)`,
          [userId, n % 50, EVENTS_PER_SECOND / 20],
        );
        await wait(50);
      }
    } catch {
      await wait(100); // Killed: it comes back.
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const finished = (async () => {
    while (running) await commit();
  })();
  return async () => {
    running = false;
    await finished;
  };
}

/** A FIFO queue that nobody kills: what workers need to send to it, and which events came in, in that order. */
function makeQueue() {
  const name = 'coupons.fifo';
  const { queueUrl } = queues.createQueue(name, {
    region: CREDENTIALS.region,
    attributes: { FifoQueue: 'true' },
  });
  const env = {
    // Its name for itself is one that only some machines look up.
    SQS_QUEUE_URL: new URL(new URL(queueUrl).pathname, queues.address).href,
    AWS_REGION: CREDENTIALS.region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.id,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
  };
  const count = () => queues.inspectQueue(name)!.messages.ready.length;
  const arrived = () =>
    queues
      .inspectQueue(name)!
      .messages.ready.flatMap(
        ({ body }) => (JSON.parse(body) as { data: { eventId?: number } }).data.eventId ?? [],
      );
  return { env, count, arrived };
}

/** How many events came for the first time after a later one of the same coupon. */
function countOvertaken(arrived: readonly number[], couponOf: ReadonlyMap<number, number>): number {
  const latest = new Map<number, number>();
  let overtaken = 0;
  for (const id of new Set(arrived)) {
    const coupon = couponOf.get(id)!;
    if (id < (latest.get(coupon) ?? 0)) overtaken += 1;
    else latest.set(coupon, id);
  }
  return overtaken;
}

test('every event that was committed arrives, at the queue in the order of its coupon, while worker, receiver and PostgreSQL are killed again and again', async () => {
  const admin = await node.asAdmin();
  const port = String(await freePort());
  const taken = join(folder, 'taken');
  await makeWebhook(node, admin, `http://127.0.0.1:${port}/hook`, { types: ['coupon.locked'] });
  const startReceiver = () => launchServer({ PORT: port, TAKEN: taken }, { file: RECEIVER });
  const queue = makeQueue();
  const startWorker = () => launchWorker(postgres.url, { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1', ...queue.env });
  const read = () =>
    existsSync(taken)
      ? Array.from(readFileSync(taken, 'utf8').matchAll(/^event-(\d+)$/gm), ([, id]) => Number(id))
      : [];
  /** The log says that a try failed, and when is the next: nobody waits that long here. */
  const hurry = () =>
    rowsOf(
      postgres.url,
      `UPDATE webhook_deliveries SET next_try_at = clock_timestamp()
       WHERE status = 'pending' AND next_try_at > clock_timestamp() + interval '1 second'`,
    );

  let receiver: ServerProcess = await startReceiver();
  let worker: ServerProcess = await startWorker();
  const kills = { worker: 0, receiver: 0, postgres: 0 };
  await eventually(async () => (await rowsOf(postgres.url, 'SELECT FROM relays')).length === 2);
  const stop = keepCommitting(admin.id);
  const end = performance.now() + seconds * 1000;
  while (kills.postgres < 2 || performance.now() < end) {
    const before = new Set(read()).size;
    const queuedBefore = queue.count();
    worker.kill('SIGKILL');
    kills.worker += 1;
    await worker.exited;
    worker = await startWorker();
    await eventually(() => new Set(read()).size > before && queue.count() > queuedBefore);

    receiver.kill('SIGKILL');
    kills.receiver += 1;
    await receiver.exited;
    receiver = await startReceiver();

    postgres.kill();
    kills.postgres += 1;
    await eventually(async () => Array.isArray(await hurry()));
  }
  await stop();

  const events = await eventually(async () => {
    const rows = await rowsOf<{ id: number; couponId: number }>(
      postgres.url,
      'SELECT id::int, coupon_id::int AS "couponId" FROM events ORDER BY id',
    );
    return rows.length > 100 ? rows : undefined;
  });
  const ids = events.map(({ id }) => id);
  const couponOf = new Map(events.map(({ id, couponId }) => [id, couponId]));
  await eventually(async () => {
    await hurry();
    return new Set(read()).size >= ids.length && queue.count() >= ids.length;
  });
  const sorted = (some: Iterable<number>) => [...new Set(some)].sort((a, b) => a - b);
  const [toReceiver, toQueue] = [read(), queue.arrived()];
  const describeArrivals = (arrivals: readonly number[]) => {
    const first = new Set(arrivals);
    return {
      arrived: first.size,
      duplicates: arrivals.length - first.size,
      lost: ids.filter((id) => !first.has(id)).length,
      overtaken: countOvertaken(arrivals, couponOf),
    };
  };
  const seen = {
    ...kills,
    committed: ids.length,
    webhook: describeArrivals(toReceiver),
    queue: describeArrivals(toQueue),
  };
  if (seconds > 0) console.log(seen);
  // Nothing is lost, and nothing arrived that was not committed.
  expect(sorted(toReceiver)).toEqual(ids);
  expect(sorted(toQueue)).toEqual(ids);
  // Webhooks promise no order.
  expect(seen.queue.overtaken).toBe(0);
});
