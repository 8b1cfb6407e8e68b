import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../../src/database/transaction.ts';
import { listNoticesBetween } from '../../../src/modules/history/outgoing/queries.ts';
import { insertRelay, insertReplay, lookAround } from '../../../src/modules/webhooks/relay/queries.ts';
import type { Sink } from '../../../src/modules/webhooks/relay/sink.ts';
import { readStart, takeTurn } from '../../../src/modules/webhooks/relay/turn.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { call } from '../../support/webhooks.ts';

let node: TestApp;
beforeAll(async () => {
  node = await startTestApp({ config: { logLevel: 'silent' } });
});
afterAll(() => node?.close());

test('a relay that is ahead of its database stops, says so, and goes on from the time that it is told', async () => {
  const { db, app } = node;
  const admin = await node.asAdmin();
  const arrived: number[] = [];
  const sink: Sink = {
    name: 'sqs',
    async handOn({ messages, save }) {
      arrived.push(...messages.map(({ event }) => event!.id));
      await save();
    },
  };
  const turn = () => takeTurn({ db, sink, log: app.log, stopping: new AbortController().signal });
  const insertEvents = async () => {
    const { rows } = await sql<{ id: number }>`
      INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
      SELECT 'coupon.locked', ${admin.id}, 1, ${admin.id}, clock_timestamp() FROM generate_series(1, 700) RETURNING id`.execute(
      db,
    );
    return rows.map(({ id }) => id);
  };
  const first = await insertEvents();
  const start = await readStart(db);
  // As a dump of another cluster brings it: of transactions that this one has not had.
  await insertRelay(db, 'sqs', { end: start.end + 1_000_000, running: [] });
  const second = await insertEvents();

  expect(await turn()).toBe(true);
  expect(arrived).toEqual([]);
  expect((await lookAround(db))!.relays[0]).toMatchObject({ name: 'sqs', isLeased: false });
  const listed = await call(node, admin, 'GET', '/relays');
  expect(listed.body).toMatchObject({ items: [{ name: 'sqs', status: 'stopped' }] });
  expect(await turn()).toBe(false);

  const from = new Date(0).toISOString();
  expect((await call(node, admin, 'POST', '/relays/sqs/resume', { from })).status).toBe(200);
  expect((await call(node, admin, 'POST', '/relays/sqs/resume', { from })).status).toBe(409);
  const third = await insertEvents();
  await turn();
  // What was before comes by time, what comes after it as always; all of it is there.
  // Nothing overtakes what came before it.
  expect([...new Set(arrived)]).toEqual([...first, ...second, ...third]);
  // Whoever uses another database of this PostgreSQL moves its snapshot on.
  await eventually(async () => {
    await turn();
    const { body } = await call(node, admin, 'GET', '/relays');
    return (body as { items: [{ status: string }] }).items[0].status === 'idle';
  });
});

test('a notice that a dump has brought from the future of this database does not leave when that has come', async () => {
  const { db, app } = node;
  const from = await readStart(db);
  const to = { end: from.end + 2_000_000, running: [] };
  await sql`
    INSERT INTO notices (type, data, txid) VALUES ('job.finished', '{}', ${String(from.end + 1_000_000)}::xid8)`.execute(
    db,
  );
  const list = () => listNoticesBetween(db, { from, to, afterId: 0, limit: 10 });
  expect(await list()).toHaveLength(1);
  for (const work of app.upgrades) await work();
  expect(await list()).toEqual([]);
});

test('what is handed on again since a time has every notice of that time once, however many there are, some at a time', async () => {
  const { db, app } = node;
  const admin = await node.asAdmin();
  const from = new Date('2026-01-01T00:00:00Z');
  const until = new Date('2026-01-02T00:00:00Z');
  await sql`
    INSERT INTO notices (type, data, occurred_at)
    SELECT 'job.finished', '{}'::jsonb, ${from}::timestamptz + n * interval '10 seconds' FROM generate_series(0, 5999) n
    UNION ALL SELECT 'job.finished', '{}', ${from}::timestamptz + interval '5 hours' FROM generate_series(1, 1100)`.execute(
    db,
  );
  await sql`
    INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
    SELECT 'coupon.locked', ${admin.id}, n, ${admin.id}, ${from}::timestamptz + n * interval '70 seconds'
    FROM generate_series(0, 1199) n`.execute(db);
  await insertRelay(db, 'eventbridge', await readStart(db));
  await inTransaction(db, (trx) =>
    insertReplay(trx, { relay: 'eventbridge', webhookId: null, from, until, startedBy: null }),
  );
  const arrived: string[] = [];
  const sizes: number[] = [];
  const sink: Sink = {
    name: 'eventbridge',
    async handOn({ messages, save }) {
      sizes.push(messages.length);
      arrived.push(...messages.map(({ id }) => id));
      await save();
    },
  };
  await takeTurn({ db, sink, log: app.log, stopping: new AbortController().signal });
  expect(arrived).toHaveLength(8_300);
  expect(new Set(arrived).size).toBe(8_300);
  // 500 events and 1,000 notices, or all notices of one millisecond.
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_610);
});
