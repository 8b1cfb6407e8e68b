import type { ServerResponse } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Sink } from '../../src/modules/webhooks/relay/sink.ts';
import type { TurnOptions } from '../../src/modules/webhooks/relay/turn.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startReceiver } from '../support/receiver.ts';
import { switchable } from '../support/switchable.ts';
import {
  call,
  deliveriesOf,
  forgetRelays,
  makeWebhook,
  spendCoupon,
  startStandingNode,
  turnOf,
  webhooksSink,
} from '../support/webhooks.ts';

// What is new is sent before it is written to the log of deliveries.

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  ({ node, admin } = await startStandingNode());
});
beforeEach(() => forgetRelays(node));
afterAll(() => node?.close());

const turn = (sink: Sink, options?: Partial<TurnOptions>) => turnOf(node, sink, options);

const expireLeases = () =>
  sql`UPDATE relays SET leased_until = clock_timestamp() - interval '1 second'`.execute(node.db);

/** Sends three events while the database goes away after the first answer. */
async function sendWhileDatabaseGoes() {
  const database = switchable(node.db);
  const receiver = await startReceiver((_request, response) => {
    database.isAway = true;
    response.writeHead(204).end();
  });
  const webhook = await makeWebhook(node, admin, receiver.url);
  await spendCoupon(node);
  const sink = webhooksSink({ ...node, db: database.db });
  await expect(turn(sink, { db: database.db })).rejects.toThrow('the database is away');
  expect(receiver.received).toHaveLength(3);
  expect(await deliveriesOf(node, admin, webhook.id)).toEqual([]);
  database.isAway = false;
  await expireLeases();
  return { receiver, webhook, sink };
}

const idsOf = (received: readonly { headers: Record<string, string> }[]) =>
  new Set(received.map(({ headers }) => headers['webhook-id']));

test('what was sent and not noted, since the database was away, is noted when it is back, and not sent again', async () => {
  const { receiver, webhook, sink } = await sendWhileDatabaseGoes();
  expect(await turn(sink)).toBe(true);
  const all = await deliveriesOf(node, admin, webhook.id);
  expect(all).toHaveLength(3);
  for (const one of all)
    expect(one).toMatchObject({ status: 'delivered', tries: 1, attempts: [{ status: 204 }] });
  expect(receiver.received).toHaveLength(3);
});

test('what a process sent that died before it was noted is sent again by the next: none is lost', async () => {
  const { receiver, webhook } = await sendWhileDatabaseGoes();
  const next = webhooksSink(node);
  expect(await turn(next)).toBe(true);
  expect(receiver.received).toHaveLength(6);
  expect(idsOf(receiver.received).size).toBe(3);
  const all = await deliveriesOf(node, admin, webhook.id);
  expect(all.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered']);
});

test('a page waits a moment for an endpoint that does not answer: then it is noted as due, and its answer counts when it comes', async () => {
  const held: ServerResponse[] = [];
  const [slow, quick] = [
    await startReceiver((_request, response) => void held.push(response)),
    await startReceiver(),
  ];
  const slowHook = await makeWebhook(node, admin, slow.url);
  const quickHook = await makeWebhook(node, admin, quick.url);
  await spendCoupon(node);
  const running = turn(webhooksSink(node));
  await eventually(async () => (await deliveriesOf(node, admin, quickHook.id)).length === 3);
  for (const { status } of await deliveriesOf(node, admin, quickHook.id)) expect(status).toBe('delivered');
  for (const { status, attempts } of await deliveriesOf(node, admin, slowHook.id))
    expect([status, attempts]).toEqual(['pending', []]);
  for (const response of held) response.writeHead(204).end();
  expect(await running).toBe(true);
  const all = await deliveriesOf(node, admin, slowHook.id);
  expect(all).toHaveLength(3);
  for (const one of all)
    expect(one).toMatchObject({ status: 'delivered', tries: 1, attempts: [{ status: 204 }] });
  expect(slow.received).toHaveLength(3);
});

test('a first try that fails is in the log with its answer, and is due again', async () => {
  const receiver = await startReceiver((_request, response) => {
    response.writeHead(500, { 'retry-after': '3600' }).end('not now');
  });
  const webhook = await makeWebhook(node, admin, receiver.url);
  await spendCoupon(node);
  await turn(webhooksSink(node));
  const { rows } = await sql`
    SELECT status, tries, attempts->0->>'status' AS answered, attempts->0->>'answer' AS answer,
           next_try_at > clock_timestamp() + interval '50 minutes' AS waits,
           created_at <= (attempts->0->>'at')::timestamptz AS "isOlder", ended_at
    FROM webhook_deliveries WHERE webhook_id = ${webhook.id}`.execute(node.db);
  const one = { status: 'pending', tries: 1, answered: '500', answer: 'not now', waits: true, isOlder: true };
  expect(rows).toEqual(Array(3).fill({ ...one, ended_at: null }));
  const { body } = await call(node, admin, 'GET', `/webhooks/${webhook.id}`);
  expect(body).toMatchObject({ health: 'failing' });
});

test('an endpoint that answers its first message with 410 is switched off', async () => {
  const receiver = await startReceiver((_request, response) => void response.writeHead(410).end());
  const webhook = await makeWebhook(node, admin, receiver.url);
  await spendCoupon(node);
  await turn(webhooksSink(node));
  const { body } = await call(node, admin, 'GET', `/webhooks/${webhook.id}`);
  expect(body).toMatchObject({ health: 'disabled', disabledReason: 'gone' });
});

test('a relay that is limited hands on everything, some at a time', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  for (let n = 0; n < 3; n += 1) await spendCoupon(node);
  const sink = webhooksSink(node);
  const pages: number[] = [];
  let spent = 0;
  const counted: Sink = {
    ...sink,
    handOn: (page) => {
      pages.push(page.messages.length);
      return sink.handOn(page);
    },
  };
  await turn(counted, {
    pace: { left: () => 8, spend: (count) => (spent += count), isLimited: () => true },
  });
  expect(pages).toEqual([4, 4, 1]);
  expect(spent).toBe(9);
  expect(idsOf(receiver.received).size).toBe(9);
  for (const { status } of await deliveriesOf(node, admin, webhook.id)) expect(status).toBe('delivered');
});
