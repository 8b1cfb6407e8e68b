import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fanOut } from '../../../src/modules/webhooks/fan-out.ts';
import { insertRelay } from '../../../src/modules/webhooks/relay/queries.ts';
import type { Sink } from '../../../src/modules/webhooks/relay/sink.ts';
import { readStart } from '../../../src/modules/webhooks/relay/turn.ts';
import type { TestApp, TestUser } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/receiver.ts';
import { switchable } from '../../support/switchable.ts';
import {
  call,
  deliveriesOf,
  forgetRelays,
  makeWebhook,
  spendCoupon,
  startStandingNode,
  turnOf,
  webhooksSink,
} from '../../support/webhooks.ts';
import { launchWorker } from '../../support/workers.ts';

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  ({ node, admin } = await startStandingNode());
});
beforeEach(() => forgetRelays(node));
afterAll(() => node?.close());

const turn = (sink: Sink) => turnOf(node, sink);

/** More than a relay hands on at once, and some that are left. */
const MANY = 2_600;

/** Events of five days ago, of seven coupons. @returns their ids */
async function insertOldEvents(): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
    SELECT 'coupon.locked', ${admin.id}, n % 7, ${admin.id}, clock_timestamp() - interval '5 days'
    FROM generate_series(1, ${MANY}) n RETURNING id`.execute(node.db);
  return rows.map(({ id }) => id);
}

/** Of what waits, and since webhooks were switched on. */
async function letThreeDaysPass(): Promise<void> {
  const before = sql`clock_timestamp() - interval '73 hours'`;
  await sql`UPDATE webhook_deliveries SET next_try_at = ${before}`.execute(node.db);
  await sql`UPDATE webhooks SET enabled_at = ${before}`.execute(node.db);
}

const sorted = (ids: Iterable<number>) => [...new Set(ids)].sort((a, b) => a - b);

test('a queue that was away for five days gets every event when it is back, in the order of each coupon', async () => {
  await insertRelay(node.db, 'sqs', await readStart(node.db));
  const ids = await insertOldEvents();
  const arrived: { id: number; couponId: number }[] = [];
  let pages = 0;
  const sink: Sink = {
    name: 'sqs',
    async handOn({ messages, save }) {
      pages += 1;
      // Away at first, and once more in the middle.
      if (pages <= 2 || pages === 5) throw new Error('the queue is away');
      arrived.push(...messages.map(({ event }) => event!));
      await save();
    },
  };
  for (let n = 0; n < 2; n += 1) await expect(turn(sink)).rejects.toThrow('the queue is away');
  expect(arrived).toEqual([]);
  await expect(turn(sink)).rejects.toThrow('the queue is away');
  expect(await turn(sink)).toBe(true);
  expect(arrived.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
  for (let couponId = 0; couponId < 7; couponId += 1) {
    const order = arrived.filter((one) => one.couponId === couponId).map(({ id }) => id);
    expect(order).toEqual(sorted(order));
  }
});

/** A relay to a queue that begins now, and so many notices after that. */
async function beginBeforeNotices(count: number): Promise<void> {
  await sql`DELETE FROM notices`.execute(node.db);
  await insertRelay(node.db, 'sqs', await readStart(node.db));
  await sql`
    INSERT INTO notices (type, data) SELECT 'job.finished', '{}' FROM generate_series(1, ${count}::integer)`.execute(
    node.db,
  );
}

/** A queue that keeps what it is given; before each page it may say no. */
function collect(beforePage: (page: number) => void = () => undefined) {
  const ids: string[] = [];
  const sizes: number[] = [];
  const sink: Sink = {
    name: 'sqs',
    async handOn({ messages, save }) {
      beforePage(sizes.length + 1);
      sizes.push(messages.length);
      ids.push(...messages.map(({ id }) => id));
      await save();
    },
  };
  return { ids, sizes, sink };
}

test('all notices of a long absence leave, some at a time, each once, also when the queue goes away in between', async () => {
  await beginBeforeNotices(1_700);
  await insertOldEvents();
  let isAway = true;
  const { ids, sizes, sink } = collect((page) => {
    if (page === 3 && isAway) throw new Error('the queue is away');
  });
  await expect(turn(sink)).rejects.toThrow('the queue is away');
  isAway = false;
  await turn(sink);
  expect([ids.length, new Set(ids).size]).toEqual([1_700 + MANY, 1_700 + MANY]);
  expect(Math.max(...sizes)).toBeLessThan(1_000);
});

test('notices that the version before has handed on with its next stretch are not taken for done', async () => {
  await beginBeforeNotices(600);
  const first = collect((page) => {
    if (page === 2) throw new Error('the queue is away');
  });
  await expect(turn(first.sink)).rejects.toThrow('the queue is away');
  expect(first.ids).toHaveLength(500);
  // It leaves the column as it is.
  await sql`UPDATE relays SET to_snapshot = NULL`.execute(node.db);
  const second = collect();
  await turn(second.sink);
  expect(new Set(second.ids).size).toBe(600);
});

test('what a long transaction leaves among thousands of others leaves once, in the order of ids', async () => {
  await insertRelay(node.db, 'sqs', await readStart(node.db));
  const insert = (count: number) => sql<{ id: string }>`
    INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
    SELECT 'coupon.locked', ${admin.id}, n, ${admin.id}, clock_timestamp() FROM generate_series(1, ${count}) n
    RETURNING 'event-' || id AS id`;
  const early = collect();
  const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
  const { promise: inserted, resolve: sayInserted } = Promise.withResolvers<string[]>();
  const long = node.db.transaction().execute(async (trx) => {
    sayInserted((await insert(700).execute(trx)).rows.map(({ id }) => id));
    await mayCommit;
  });
  const ofLong = await inserted;
  // More than is looked at for a page: between what is left there are others that have left already.
  const before = (await insert(6_000).execute(node.db)).rows.map(({ id }) => id);
  await turn(early.sink);
  expect(early.ids).toEqual(before);
  const after = (await insert(1_200).execute(node.db)).rows.map(({ id }) => id);
  commit();
  await long;
  const late = collect();
  await turn(late.sink);
  expect(late.ids).toEqual([...ofLong, ...after]);
});

test('webhooks are told of everything that happened while no relay ran for five days, and none is switched off', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  const ids = await insertOldEvents();
  await turn(webhooksSink(node));
  const told = receiver.received.map(
    ({ body }) => (JSON.parse(body) as { data: { eventId: number } }).data.eventId,
  );
  expect(sorted(told)).toEqual(ids);
  expect((await call(node, admin, 'GET', `/webhooks/${webhook.id}`)).body.health).toBe('healthy');
});

test('an endpoint that is three days behind is switched off, and a replay brings what it has missed', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  await spendCoupon(node);
  await turn({ name: 'webhooks', ...fanOut });
  expect(await deliveriesOf(node, admin, webhook.id)).toHaveLength(3);
  await letThreeDaysPass();
  await turn(webhooksSink(node));
  const read = () => call(node, admin, 'GET', `/webhooks/${webhook.id}`);
  expect((await read()).body).toMatchObject({ health: 'disabled', disabledReason: 'backlog' });
  receiver.received.length = 0;

  await call(node, admin, 'PATCH', `/webhooks/${webhook.id}`, { disabled: false });
  const from = new Date(0).toISOString();
  expect((await call(node, admin, 'POST', `/webhooks/${webhook.id}/replay`, { from })).status).toBe(202);
  await turn(webhooksSink(node));
  expect((await read()).body.health).toBe('healthy');
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBeGreaterThanOrEqual(
    3,
  );
  for (const { status } of await deliveriesOf(node, admin, webhook.id)) expect(status).toBe('delivered');
});

test('a webhook that is switched on after more than three days gets what waited for it, and stays on', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  const ids = await insertOldEvents();
  await turn({ name: 'webhooks', ...fanOut });
  await letThreeDaysPass();
  await turn(webhooksSink(node));
  const read = async () => (await call(node, admin, 'GET', `/webhooks/${webhook.id}`)).body;
  expect(await read()).toMatchObject({ health: 'disabled', disabledReason: 'backlog' });
  expect((await call(node, admin, 'PATCH', `/webhooks/${webhook.id}`, { disabled: false })).status).toBe(200);
  await turn(webhooksSink(node));
  expect(await read()).toMatchObject({ health: 'healthy' });
  const told = receiver.received.map(
    ({ body }) => (JSON.parse(body) as { data: { eventId: number } }).data.eventId,
  );
  expect(sorted(told)).toEqual(ids);
  // Requests that were cut when it was switched off come again.
  await eventually(async () => {
    await turn(webhooksSink(node));
    const { rows } = await sql`
      SELECT FROM webhook_deliveries WHERE webhook_id = ${webhook.id} AND status <> 'delivered'`.execute(
      node.db,
    );
    return rows.length === 0;
  });
});

test('a delivery of something that was deleted is dropped, and holds nothing up', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  await sql`
    INSERT INTO webhook_deliveries (webhook_id, message_id, type, notice_id)
    SELECT ${webhook.id}, 'notice-' || n, 'job.finished', n FROM generate_series(900000001, 900000300) n`.execute(
    node.db,
  );
  await spendCoupon(node);
  await turn(webhooksSink(node));
  expect(receiver.received).toHaveLength(3);
  expect(await deliveriesOf(node, admin, webhook.id)).toHaveLength(3);
});

const expireLeases = () =>
  sql`UPDATE relays SET leased_until = clock_timestamp() - interval '1 second'`.execute(node.db);

test('what was taken while the database was away is noted when it is back, and not sent again', async () => {
  const database = switchable(node.db);
  const receiver = await startReceiver((_request, response) => {
    database.isAway = true;
    response.writeHead(204).end();
  });
  const webhook = await makeWebhook(node, admin, receiver.url);
  await call(node, admin, 'POST', `/webhooks/${webhook.id}/test`, {});
  const sink = webhooksSink({ ...node, db: database.db });
  await expect(turnOf(node, sink, { db: database.db })).rejects.toThrow('the database is away');
  expect(await deliveriesOf(node, admin, webhook.id)).toMatchObject([{ status: 'pending', tries: 0 }]);
  database.isAway = false;
  await expireLeases();
  expect(await turn(sink)).toBe(true);
  expect(await deliveriesOf(node, admin, webhook.id)).toMatchObject([
    { status: 'delivered', tries: 1, attempts: [{ status: 204 }] },
  ]);
  expect(receiver.received).toHaveLength(1);
});

test('a request that is cut because another process has the lease counts as no try', async () => {
  let answers = false;
  const receiver = await startReceiver((_request, response) => {
    if (answers) response.writeHead(204).end();
  });
  const webhook = await makeWebhook(node, admin, receiver.url);
  await call(node, admin, 'POST', `/webhooks/${webhook.id}/test`, {});
  const sink = webhooksSink(node);
  const first = turn(sink);
  await eventually(() => receiver.received.length === 1);
  await sql`UPDATE relays SET lease_token = gen_random_uuid()`.execute(node.db);
  await spendCoupon(node); // To save its place it needs the lease.
  expect(await first).toBe(true);
  answers = true;
  await expireLeases();
  expect(await turn(sink)).toBe(true);
  const test = (await deliveriesOf(node, admin, webhook.id)).at(-1);
  expect(test).toMatchObject({ type: 'webhook.test', status: 'delivered', attempts: [{ status: 204 }] });
});

test('a worker process hands on what other processes commit, also when it is killed in the middle', async () => {
  const receiver = await startReceiver();
  await makeWebhook(node, admin, receiver.url);
  const spend = async () => {
    for (let n = 0; n < 10; n += 1) await spendCoupon(node);
  };
  const ids = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size;
  await spend();
  // Nobody hands on here: there is no delivery yet.
  const { rows } = await sql`SELECT FROM webhook_deliveries`.execute(node.db);
  expect([rows.length, ids()]).toEqual([0, 0]);

  const env = { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' };
  const first = await launchWorker(node.databaseUrl, env);
  await eventually(() => ids() === 30);
  const spending = spend();
  await eventually(() => ids() > 30);
  first.kill('SIGKILL');
  await spending;
  await launchWorker(node.databaseUrl, env);
  await eventually(() => ids() === 60);
});
