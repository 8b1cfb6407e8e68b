import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type DurablePostgres, startDurablePostgres } from '../support/durable-postgres.ts';
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
beforeAll(async () => {
  postgres = await startDurablePostgres();
  await migrate(postgres.url);
  // It does not listen, so that only the worker hands on.
  node = await startTestApp({ databaseUrl: postgres.url, config: { webhookAllowPrivate: ['127.0.0.1'] } });
});
afterAll(async () => {
  await node?.close();
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

test('every event that was committed arrives, while worker, receiver and PostgreSQL are killed again and again', async () => {
  const admin = await node.asAdmin();
  const port = String(await freePort());
  const taken = join(folder, 'taken');
  await makeWebhook(node, admin, `http://127.0.0.1:${port}/hook`, { types: ['coupon.locked'] });
  const startReceiver = () => launchServer({ PORT: port, TAKEN: taken }, { file: RECEIVER });
  const startWorker = () => launchWorker(postgres.url, { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' });
  const read = () => (existsSync(taken) ? readFileSync(taken, 'utf8').split('\n').filter(Boolean) : []);
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
  const stop = keepCommitting(admin.id);
  const end = performance.now() + seconds * 1000;
  while (kills.postgres < 2 || performance.now() < end) {
    const before = new Set(read()).size;
    worker.kill('SIGKILL');
    kills.worker += 1;
    await worker.exited;
    worker = await startWorker();
    await eventually(() => new Set(read()).size > before);

    receiver.kill('SIGKILL');
    kills.receiver += 1;
    await receiver.exited;
    receiver = await startReceiver();

    postgres.kill();
    kills.postgres += 1;
    await eventually(async () => Array.isArray(await hurry()));
  }
  await stop();

  const [{ committed }] = await eventually(() =>
    rowsOf<{ committed: number }>(postgres.url, 'SELECT count(*)::int AS committed FROM events'),
  );
  await eventually(async () => {
    await hurry();
    return new Set(read()).size >= committed!;
  });
  const all = read();
  const ids = new Set(all);
  const events = await rowsOf<{ id: string }>(postgres.url, `SELECT 'event-' || id AS id FROM events`);
  const lost = events.filter(({ id }) => !ids.has(id));
  const counts = {
    ...kills,
    committed,
    delivered: ids.size,
    duplicates: all.length - ids.size,
    lost: lost.length,
  };
  if (seconds > 0) console.log(counts);
  expect(lost).toEqual([]);
  // Nothing arrived that was not committed.
  expect(ids.size).toBe(committed);
  expect(committed).toBeGreaterThan(100);
});
