import type { ServerResponse } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestApp, TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startReceiver } from '../support/receiver.ts';
import { call, deliveriesOf, makeWebhook, spendCoupon, startWebhookNode } from '../support/webhooks.ts';

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  node = await startWebhookNode('127.0.0.0/8');
  admin = await node.asAdmin();
});
afterAll(() => node?.close());

/** A receiver that holds its answers until it is told, and then answers at once. */
async function startHoldingReceiver() {
  let held: ServerResponse[] | null = [];
  const receiver = await startReceiver((_request, response) => {
    if (held) held.push(response);
    else response.writeHead(204).end();
  });
  const answerAll = () => {
    const waiting = held ?? [];
    held = null;
    for (const response of waiting) response.writeHead(204).end();
  };
  return { ...receiver, answerAll };
}

const allDelivered = (webhookId: string) =>
  eventually(async () => {
    const all = await deliveriesOf(node, admin, webhookId);
    return all.every(({ status }) => status === 'delivered') ? all : undefined;
  });

test('a message whose replay is asked for while it is being sent is sent twice', async () => {
  const receiver = await startHoldingReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  const { body } = await call(node, admin, 'POST', `/webhooks/${webhook.id}/test`, {});
  await eventually(() => receiver.received.length === 1);
  const replay = `/webhooks/${webhook.id}/deliveries/${String(body.id)}/replay`;
  expect((await call(node, admin, 'POST', replay, {})).status).toBe(200);
  receiver.answerAll();
  await eventually(() => receiver.received.length === 2);
  const [delivery] = await allDelivered(webhook.id);
  expect(delivery!.attempts).toMatchObject([{ status: 204 }, { status: 204 }]);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});

test('messages that are being sent when everything since a time is asked for are sent twice', async () => {
  const receiver = await startHoldingReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url);
  const { bookId } = await spendCoupon(node);
  expect((await call(node, admin, 'PATCH', `/webhooks/${webhook.id}`, { bookIds: [bookId] })).status).toBe(
    200,
  );
  const mine = () => receiver.received.filter(({ body }) => body.includes(bookId));
  await eventually(() => mine().length === 3);
  const from = new Date(0).toISOString();
  expect((await call(node, admin, 'POST', `/webhooks/${webhook.id}/replay`, { from })).status).toBe(202);
  await eventually(async () => {
    const { rows } = await sql`SELECT FROM replays WHERE webhook_id = ${webhook.id}`.execute(node.db);
    return rows.length === 0;
  });
  receiver.answerAll();
  await eventually(() => mine().length === 6);
  for (const { attempts } of (await allDelivered(webhook.id)).slice(0, 3)) expect(attempts).toHaveLength(2);
});

test('of ten administrators who add the hundredth webhook at once one does', async () => {
  await sql`
    INSERT INTO webhooks (url, types, secret, disabled_at, disabled_reason)
    SELECT 'https://example.org/', '{coupon.locked}', ${Buffer.alloc(32)}, clock_timestamp(), 'administrator'
    FROM generate_series(1, 99 - (SELECT count(*)::int FROM webhooks))`.execute(node.db);
  const body = { url: 'http://127.0.0.1:9/', types: ['coupon.locked'] };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => call(node, admin, 'POST', '/webhooks', body)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  for (const answer of answers.filter(({ status }) => status === 409))
    expect(answer.body).toMatchObject({ reason: 'too-many-webhooks', values: { max: 100 } });
});
