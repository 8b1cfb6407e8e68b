import { type CloudEvent, HTTP } from 'cloudevents';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgetDeliveries } from '../../src/modules/webhooks/deliveries/forget.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { insertBook } from '../support/nodes.ts';
import { type Behaviour, startReceiver } from '../support/receiver.ts';
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

/** Fails, and asks for no retry within the hour: none comes in the middle of a test. */
const failOnce: Behaviour = (_request, response) =>
  void response.writeHead(500, { 'retry-after': '3600' }).end();

describe('an event', () => {
  test('arrives signed, as a CloudEvent, with a masked code', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { bookId, code, user } = await spendCoupon(node);
    const got = await eventually(() => {
      const mine = receiver.received.filter((message) => message.body.includes(bookId));
      return mine.length >= 3 ? mine : undefined;
    });
    for (const message of got) {
      expect(verify(webhook.secret, message)).toEqual(JSON.parse(message.body));
      expect(message.headers['webhook-id']).toMatch(/^event-\d+$/);
      const event = HTTP.toEvent({ headers: message.headers, body: message.body }) as CloudEvent<object>;
      expect(event.id).toBe(message.headers['webhook-id']);
      expect(event.validate()).toBe(true);
      expect(event.data).toMatchObject({
        book: { id: bookId, name: expect.any(String) },
        coupon: { id: expect.any(Number), code: `${code.slice(0, 2)}***` },
        user: { id: user.id },
        actorId: user.id,
      });
      expect(message.body).not.toContain(code);
    }
    expect(new Set(got.map(({ body }) => (JSON.parse(body) as { type: string }).type))).toEqual(
      new Set(['coupon.assigned', 'coupon.locked', 'coupon.redeemed']),
    );
    const listed = await eventually(async () => {
      const all = await deliveriesOf(node, admin, webhook.id);
      const areNoted = all.length >= 3 && all.every(({ status }) => status === 'delivered');
      return areNoted ? all : undefined;
    });
    expect(JSON.stringify(listed)).not.toContain(code);
  });

  test("names the person by the company's own id, for as long as the account has it", async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url, { types: ['coupon.redeemed'] });
    const { user, bookId } = await spendCoupon(node);
    const other = await spendCoupon(node);
    const externalId = `customer-${user.id}`;
    expect((await call(node, admin, 'PATCH', `/users/${user.id}`, { externalId })).status).toBe(200);
    const [delivery] = await eventually(async () => {
      const mine = (await deliveriesOf(node, admin, webhook.id)).filter(
        ({ status }) => status === 'delivered',
      );
      return mine.length === 2 ? mine.reverse() : undefined;
    });
    await call(node, admin, 'POST', `/webhooks/${webhook.id}/deliveries/${delivery!.id}/replay`, {});
    const userOf = async (count: number) => {
      const got = await eventually(() => {
        const mine = receiver.received.filter(({ body }) => body.includes(bookId));
        return mine.length === count ? mine : undefined;
      });
      return (JSON.parse(got.at(-1)!.body) as { data: { user: object } }).data.user;
    };
    expect(await userOf(2)).toEqual({ id: user.id, externalId });
    const theirs = receiver.received.find(({ body }) => body.includes(other.bookId))!;
    expect(JSON.parse(theirs.body)).toMatchObject({ data: { user: { externalId: null } } });

    await call(node, admin, 'PATCH', `/users/${user.id}`, { externalId: null });
    await call(node, admin, 'POST', `/webhooks/${webhook.id}/deliveries/${delivery!.id}/replay`, {});
    expect(await userOf(3)).toEqual({ id: user.id, externalId: null });
  });

  test('has the whole code only for an endpoint that asks for codes', async () => {
    const receiver = await startReceiver();
    await makeWebhook(node, admin, receiver.url, { includeCodes: true });
    const { code } = await spendCoupon(node);
    const message = await eventually(() => receiver.received.find(({ body }) => body.includes(code)));
    expect(JSON.parse(message.body)).toMatchObject({ data: { coupon: { code } } });
  });

  test('goes to those who asked for its type and book, and to no other', async () => {
    const [mine, foreign, other] = [await startReceiver(), await startReceiver(), await startReceiver()];
    const book = await insertBook(node.db, 1);
    await makeWebhook(node, admin, mine.url, { types: ['coupon.redeemed'] });
    await makeWebhook(node, admin, foreign.url, { bookIds: [book.id] });
    await makeWebhook(node, admin, other.url, { types: ['job.finished'] });
    const { bookId } = await spendCoupon(node);
    await eventually(() => mine.received.some(({ body }) => body.includes(bookId)));
    expect(new Set(mine.received.map(({ body }) => (JSON.parse(body) as { type: string }).type))).toEqual(
      new Set(['coupon.redeemed']),
    );
    expect([foreign.received.length, other.received.length]).toEqual([0, 0]);
  });

  test('that was rolled back is not sent', async () => {
    const receiver = await startReceiver();
    await makeWebhook(node, admin, receiver.url, { types: ['coupon.locked', 'coupon.redeemed'] });
    const id = admin.id;
    await node.db
      .transaction()
      .execute(async (trx) => {
        await sql`INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
          VALUES ('coupon.locked', ${id}, 1, ${id}, clock_timestamp())`.execute(trx);
        throw new Error('no');
      })
      .catch(() => undefined);
    const { bookId } = await spendCoupon(node);
    await eventually(() => receiver.received.filter(({ body }) => body.includes(bookId)).length === 2);
    expect(receiver.received.some(({ body }) => body.includes(id))).toBe(false);
  });
});

describe('a delivery that fails', () => {
  test('is tried again after 5 seconds, with the same id and body', async () => {
    let answers = 0;
    const receiver = await startReceiver((_request, response) => {
      answers += 1;
      response.writeHead(answers === 1 ? 500 : 200).end(`answer ${answers}`);
    });
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { id } = await tryOnce(node, admin, webhook.id);
    const delivered = await eventually(async () =>
      (await deliveriesOf(node, admin, webhook.id)).find(
        (one) => one.id === id && one.status === 'delivered',
      ),
    );
    expect(delivered.attempts).toMatchObject([
      { status: 500, answer: 'answer 1' },
      { status: 200, answer: 'answer 2' },
    ]);
    expect(receiver.received).toHaveLength(2);
    const [one, two] = receiver.received;
    expect(two!.at - one!.at).toBeGreaterThan(4_900);
    expect(two!.body).toBe(one!.body);
    expect(two!.headers['webhook-id']).toBe(one!.headers['webhook-id']);
    expect(two!.headers['webhook-timestamp']).not.toBe(one!.headers['webhook-timestamp']);
    for (const message of receiver.received) verify(webhook.secret, message);
    const health = () => call(node, admin, 'GET', `/webhooks/${webhook.id}`);
    await eventually(async () => (await health()).body.health === 'healthy');
  });

  test('waits for as long as Retry-After says', async () => {
    const receiver = await startReceiver((_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
    });
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { nextTryAt, status } = await tryOnce(node, admin, webhook.id);
    expect(status).toBe('pending');
    const { rows } = await sql<{ seconds: number }>`
      SELECT extract(epoch FROM ${nextTryAt}::timestamptz - clock_timestamp())::int AS seconds`.execute(
      node.db,
    );
    expect(rows[0]!.seconds).toBeGreaterThan(3_000);
    expect(rows[0]!.seconds).toBeLessThanOrEqual(3_600);
  });

  test('has failed for good after ten tries', async () => {
    const receiver = await startReceiver(failOnce);
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { id } = await tryOnce(node, admin, webhook.id);
    await sql`UPDATE webhook_deliveries SET tries = 9, next_try_at = clock_timestamp() WHERE id = ${id}`.execute(
      node.db,
    );
    await eventually(async () => (await deliveriesOf(node, admin, webhook.id))[0]!.status === 'failed');
    expect(receiver.received).toHaveLength(2);
  });

  test('of an endpoint that answers 410 switches it off, and others hear of it', async () => {
    const watcher = await startReceiver();
    await makeWebhook(node, admin, watcher.url, { types: ['webhook.disabled'] });
    const receiver = await startReceiver((_request, response) => void response.writeHead(410).end());
    const webhook = await makeWebhook(node, admin, receiver.url);
    await tryOnce(node, admin, webhook.id);
    const { body } = await call(node, admin, 'GET', `/webhooks/${webhook.id}`);
    expect(body).toMatchObject({ health: 'disabled', disabledReason: 'gone' });
    const told = await eventually(() => watcher.received.find((one) => one.body.includes(webhook.id)));
    expect(JSON.parse(told.body)).toMatchObject({
      type: 'webhook.disabled',
      data: { webhookId: webhook.id, reason: 'gone' },
    });
    expect((await call(node, admin, 'POST', `/webhooks/${webhook.id}/test`, {})).status).toBe(409);
    const again = await call(node, admin, 'PATCH', `/webhooks/${webhook.id}`, { disabled: false });
    expect(again.body).toMatchObject({ disabledAt: null, disabledReason: null });
  });

  test('of an endpoint that has failed for three days switches it off', async () => {
    const receiver = await startReceiver(failOnce);
    const webhook = await makeWebhook(node, admin, receiver.url);
    await tryOnce(node, admin, webhook.id);
    await sql`UPDATE webhooks SET failing_since = clock_timestamp() - interval '73 hours' WHERE id = ${webhook.id}`.execute(
      node.db,
    );
    await tryOnce(node, admin, webhook.id);
    const { body } = await call(node, admin, 'GET', `/webhooks/${webhook.id}`);
    expect(body).toMatchObject({ health: 'disabled', disabledReason: 'failing' });
  });
});

describe('the log of deliveries', () => {
  test('is kept for 30 days, and what is still to be sent for longer', async () => {
    let answers = 0;
    const receiver = await startReceiver((_request, response) => {
      answers += 1;
      response.writeHead(answers <= 2 ? 204 : 500).end();
    });
    const webhook = await makeWebhook(node, admin, receiver.url, { types: ['job.finished'] });
    const off = await makeWebhook(node, admin, receiver.url, { types: ['job.finished'] });
    const old = await tryOnce(node, admin, webhook.id);
    const kept = await tryOnce(node, admin, webhook.id);
    const waiting = await tryOnce(node, admin, webhook.id);
    const abandoned = await tryOnce(node, admin, off.id);
    await call(node, admin, 'PATCH', `/webhooks/${off.id}`, { disabled: true });
    const age = (ids: number[], days: number) =>
      sql`
      UPDATE webhook_deliveries SET created_at = clock_timestamp() - ${days} * interval '1 day'
      WHERE id = ANY(${ids}::bigint[])`.execute(node.db);
    await age([kept.id], 29.9);
    await age([old.id, waiting.id, abandoned.id], 30.1);
    await forgetDeliveries(node.db, new AbortController().signal);
    const idsOf = async ({ id }: { id: string }) =>
      (await deliveriesOf(node, admin, id)).map((one) => one.id);
    expect(await idsOf(webhook)).toEqual([waiting.id, kept.id]);
    expect(await idsOf(off)).toEqual([]);
  });

  test('is forgotten in time, also where more of them are old than go at once', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const insert = (count: number, days: number) =>
      sql`
      INSERT INTO webhook_deliveries (webhook_id, message_id, type, status, next_try_at, created_at, ended_at)
      SELECT ${webhook.id}, 'test-' || gen_random_uuid(), 'webhook.test', 'delivered', NULL, made, made
      FROM generate_series(1, ${count}) n, (SELECT clock_timestamp() - ${days} * interval '1 day' AS made) age`.execute(
        node.db,
      );
    await insert(23_000, 31);
    await insert(10, 29);
    await forgetDeliveries(node.db, new AbortController().signal);
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::int AS count FROM webhook_deliveries WHERE webhook_id = ${webhook.id}`.execute(
      node.db,
    );
    expect(rows).toEqual([{ count: 10 }]);
  });
});

describe('replay', () => {
  test('sends one delivery again, with its id', async () => {
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url);
    const { id } = await tryOnce(node, admin, webhook.id);
    await call(node, admin, 'POST', `/webhooks/${webhook.id}/deliveries/${id}/replay`, {});
    await eventually(() => receiver.received.length === 2);
    expect(receiver.received[1]!.headers['webhook-id']).toBe(receiver.received[0]!.headers['webhook-id']);
  });

  test('sends everything since a time, also what was before the webhook', async () => {
    const { bookId } = await spendCoupon(node);
    const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(node.db);
    const receiver = await startReceiver();
    const webhook = await makeWebhook(node, admin, receiver.url, { bookIds: [bookId] });
    const from = new Date(rows[0]!.now.getTime() - 3_600_000).toISOString();
    expect((await call(node, admin, 'POST', `/webhooks/${webhook.id}/replay`, { from })).status).toBe(202);
    // A webhook may also get what happened just before it was made.
    const ids = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
    await eventually(() => ids().size === 3);
    await eventually(async () => {
      const { status } = await call(node, admin, 'POST', `/webhooks/${webhook.id}/replay`, { from });
      return status === 202;
    });
    await eventually(() => receiver.received.length >= 6);
    expect(ids().size).toBe(3);
    expect(await deliveriesOf(node, admin, webhook.id)).toHaveLength(3);
  });
});
