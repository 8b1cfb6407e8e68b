import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetDeliveries } from '../../src/modules/webhooks/deliveries/forget.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startReceiver } from '../support/receiver.ts';
import {
  call,
  deliveriesOf,
  makeWebhook,
  spendCoupon,
  startWebhookNode,
  tryOnce,
  verify,
} from '../support/webhooks.ts';

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  node = await startWebhookNode('127.0.0.0/8');
  admin = await node.asAdmin();
});
afterAll(() => node?.close());

describe('secrets', () => {
  test('are shown once, and never again', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { text } = await call(node, admin, 'GET', `/webhooks/${webhook.id}`);
    expect(text).not.toContain('whsec_');
    expect((await call(node, admin, 'GET', '/webhooks')).text).not.toContain('whsec_');
  });

  test('are both good for a day after a rotation, unless the former has leaked', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const rotate = async (body: object) =>
      (await call(node, admin, 'POST', `/webhooks/${webhook.id}/rotate-secret`, body)).body.secret as string;
    const second = await rotate({});
    await tryOnce(node, admin, webhook.id);
    for (const secret of [webhook.secret, second]) verify(secret, receiver.received[0]!);
    const third = await rotate({ keepFormerHours: 0 });
    await tryOnce(node, admin, webhook.id);
    verify(third, receiver.received[1]!);
    expect(() => verify(second, receiver.received[1]!)).toThrow();
  });
});

describe('the API', () => {
  test('is for administrators', async () => {
    const user = await node.asUser();
    for (const [method, url] of [
      ['GET', '/webhooks'],
      ['POST', '/webhooks'],
      ['GET', `/webhooks/${user.id}/deliveries`],
      ['GET', '/relays'],
    ] as const) {
      const body = method === 'POST' ? { url: 'https://example.org', types: ['coupon.locked'] } : undefined;
      expect((await call(node, user, method, url, body)).status).toBe(403);
    }
  });

  test('shows what is sent, and what it does not know is not found', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { code } = await spendCoupon(node);
    const deliveries = await eventually(async () => {
      const all = await deliveriesOf(node, admin, webhook.id);
      return all.length >= 3 ? all : undefined;
    });
    const { body, text } = await call(
      node,
      admin,
      'GET',
      `/webhooks/${webhook.id}/deliveries/${deliveries[0]!.id}`,
    );
    const sent = await eventually(() =>
      receiver.received.find(({ headers }) => headers['webhook-id'] === deliveries[0]!.messageId),
    );
    expect(body.request).toEqual({ url: receiver.url, body: JSON.parse(sent.body) as unknown });
    expect(text).not.toContain(code);
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const url of [
      `/webhooks/${unknown}`,
      `/webhooks/${unknown}/deliveries`,
      `/webhooks/${webhook.id}/deliveries/999999999`,
    ])
      expect((await call(node, admin, 'GET', url)).status).toBe(404);
  });

  test('deletes a webhook with its address and secrets at once, and with its deliveries some at a time', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const delivery = await tryOnce(node, admin, webhook.id);
    await call(node, admin, 'POST', `/webhooks/${webhook.id}/rotate-secret`, {});
    const url = `/webhooks/${webhook.id}`;
    expect((await call(node, admin, 'DELETE', url)).status).toBe(204);
    const from = new Date(0).toISOString();
    const asked: [Parameters<typeof call>[2], string, object?][] = [
      ['GET', url],
      ['PATCH', url, { disabled: false }],
      ['DELETE', url],
      ['GET', `${url}/deliveries`],
      ['GET', `${url}/deliveries/${delivery.id}`],
      ['POST', `${url}/deliveries/${delivery.id}/replay`, {}],
      ['POST', `${url}/replay`, { from }],
      ['POST', `${url}/test`, {}],
      ['POST', `${url}/rotate-secret`, {}],
    ];
    for (const [method, path, body] of asked)
      expect([method, path, (await call(node, admin, method, path, body)).status]).toEqual([
        method,
        path,
        404,
      ]);
    expect((await call(node, admin, 'GET', '/webhooks')).text).not.toContain(webhook.id);
    const left = async () => {
      const { rows } = await sql<object>`
        SELECT url, nullif(secret, decode(repeat('00', 32), 'hex')) AS secret, former_secret AS "formerSecret",
               (SELECT count(*)::int FROM webhook_deliveries WHERE webhook_id = w.id) AS deliveries
        FROM webhooks w WHERE id = ${webhook.id}`.execute(node.db);
      return rows;
    };
    expect(await left()).toEqual([{ url: '', secret: null, formerSecret: null, deliveries: 1 }]);
    await forgetDeliveries(node.db, new AbortController().signal);
    expect(await left()).toEqual([]);
  });

  test('deletes a webhook while everything since a time is sent to it again', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    await spendCoupon(node);
    const from = new Date(0).toISOString();
    expect((await call(node, admin, 'POST', `/webhooks/${webhook.id}/replay`, { from })).status).toBe(202);
    expect((await call(node, admin, 'DELETE', `/webhooks/${webhook.id}`)).status).toBe(204);
    const { rows } = await sql`SELECT FROM replays WHERE webhook_id = ${webhook.id}`.execute(node.db);
    expect(rows).toEqual([]);
    await eventually(async () => {
      await forgetDeliveries(node.db, new AbortController().signal);
      const webhooks = await sql`SELECT FROM webhooks WHERE id = ${webhook.id}`.execute(node.db);
      return webhooks.rows.length === 0;
    });
  });

  test('gives a repeat with the same key the same secret, and makes no second webhook', async () => {
    const receiver = await startReceiver();
    const body = { url: receiver.url, types: ['coupon.locked'] };
    const [one, two] = [
      await call(node, admin, 'POST', '/webhooks', body, 'the same key'),
      await call(node, admin, 'POST', '/webhooks', body, 'the same key'),
    ];
    expect(two.text).toBe(one.text);
  });

  test('tells metrics by webhook, without its address', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, `${receiver.url}?token=hush`);
    await tryOnce(node, admin, webhook.id);
    const { body } = await node.app.inject('/metrics');
    // What tests before this one did may have been told to it too.
    expect(body).toMatch(new RegExp(`events_out_sent_total\\{target="${webhook.id}"\\} [1-9]`));
    expect(body).toMatch(/relay_lag_seconds\{target="webhooks"\} \d/);
    expect(body).not.toContain('hush');
  });
});
