import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raiseAlerts } from '../../src/modules/books/alerts/raise.ts';
import { messageExamples } from '../../src/modules/webhooks/event-examples.ts';
import { EVENT_TYPES } from '../../src/modules/webhooks/event-types.ts';
import { buildValidator } from '../../src/plugins/input.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { command, insertBook } from '../support/nodes.ts';
import { type Json, readOpenApi } from '../support/operations.ts';
import { startReceiver } from '../support/receiver.ts';
import { call, makeWebhook, startWebhookNode } from '../support/webhooks.ts';

const ALL_TYPES = [...EVENT_TYPES, 'webhook.test'].sort();

let node: TestApp;
let admin: TestUser;
let documented: Record<string, { schema: Json; example: unknown }>;
beforeAll(async () => {
  node = await startWebhookNode('127.0.0.0/8');
  admin = await node.asAdmin();
  documented = await readDocumented();
});
afterAll(() => node?.close());

/** What the OpenAPI document says of each type. */
async function readDocumented() {
  const document = await readOpenApi(node.app);
  const { callbacks } = (document.paths['/api/v1/webhooks'] as Json).post as {
    callbacks: Record<string, Json>;
  };
  return Object.fromEntries(
    Object.entries(callbacks).map(([type, callback]) => {
      const { content } = (callback['{$request.body#/url}'] as { post: { requestBody: { content: Json } } })
        .post.requestBody;
      const { schema, example } = content['application/cloudevents+json'] as {
        schema: Json;
        example: unknown;
      };
      const name = (schema.$ref as string).split('/').at(-1)!;
      return [type, { schema: (document.components.schemas as Record<string, Json>)[name]!, example }];
    }),
  );
}

/** Why a message is not as its schema says; true when it is. */
function check(type: string, message: unknown): unknown {
  const { schema } = documented[type]!;
  const route = { schema, method: 'POST', url: `/${type}`, httpPart: 'body' };
  return buildValidator({}, {} as never)(route as never)(message);
}

test('each type has a schema and an example that it accepts, and nothing else has', () => {
  expect(Object.keys(documented).sort()).toEqual(ALL_TYPES);
  expect(Object.keys(messageExamples).sort()).toEqual(ALL_TYPES);
  for (const [type, { example }] of Object.entries(documented)) {
    expect(example).toEqual(messageExamples[type]);
    expect(check(type, example), type).toBe(true);
  }
});

test('a schema refuses a message of another type, without data, or with what it does not know', () => {
  for (const type of ALL_TYPES) {
    const example = messageExamples[type] as { data: object };
    for (const wrong of [
      { ...example, type: 'coupon.other' },
      { ...example, data: {} },
      { ...example, data: { ...example.data, more: 1 } },
      { ...example, more: 1 },
    ])
      expect(check(type, wrong), type).toHaveProperty('error');
  }
});

test('a message of each type, as it really leaves, is as its schema says', async () => {
  const receiver = await startReceiver();
  const webhook = await makeWebhook(node, admin, receiver.url, { types: EVENT_TYPES });
  const book = await insertBook(node.db, 2);
  const user = await node.asUser();
  const [first, second] = book.codes as [string, string];
  for (const [name, code] of [
    ['assign', first],
    ['lock', first],
    ['unlock', first],
    ['lock', first],
    ['redeem', first],
    ['assign', second],
    ['lock', second],
  ] as const)
    expect(await command(node, user, name, code), name).toMatchObject({ status: 200 });

  const { rows } = await sql<{ id: number }>`
    SELECT id FROM redemption_history WHERE book_id = ${book.id}`.execute(node.db);
  await sql`UPDATE coupons SET locked_at = locked_at - interval '1 hour', lock_expires_at = lock_expires_at - interval '1 hour'
    WHERE code = ${second}`.execute(node.db);
  const gone = await startReceiver((_request, response) => void response.writeHead(410).end());
  await makeWebhook(node, admin, gone.url, { types: ['job.finished'] });
  await sql`UPDATE books SET alert_below = 100, alert_days_before = 7, expires_at = clock_timestamp() + interval '1 day'
    WHERE id = ${book.id}`.execute(node.db);
  await raiseAlerts(node.db);
  for (const [url, body] of [
    [`/redemptions/${rows[0]!.id}/rollback`, { reason: 'The order was cancelled' }],
    [`/coupons/unassign/${second}`, {}],
    [`/books/${book.id}/codes/generate`, { count: 1 }],
    [`/webhooks/${webhook.id}/test`, {}],
  ] as const)
    expect((await call(node, admin, 'POST', url, body)).status, url).toBeLessThan(300);

  const received = await eventually(() => {
    const messages = receiver.received.map(({ body }) => JSON.parse(body) as { type: string });
    return new Set(messages.map(({ type }) => type)).size === ALL_TYPES.length ? messages : undefined;
  });
  for (const message of received) expect(check(message.type, message), JSON.stringify(message)).toBe(true);
});
