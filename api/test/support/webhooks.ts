import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { readNetworks } from '../../src/addresses.ts';
import { fanOut } from '../../src/modules/webhooks/fan-out.ts';
import type { Sink } from '../../src/modules/webhooks/relay/sink.ts';
import { takeTurn, type TurnOptions } from '../../src/modules/webhooks/relay/turn.ts';
import { createSender } from '../../src/modules/webhooks/sender.ts';
import { startTestApp, type TestApp, type TestUser } from './app.ts';
import { randomUUID } from 'node:crypto';
import { eventually } from './eventually.ts';
import { command, insertBook } from './nodes.ts';

export interface TestWebhook {
  id: string;
  secret: string;
  url: string;
}

export interface Api {
  status: number;
  body: Record<string, unknown>;
  text: string;
}

/** A node that sends to receivers on this machine, and listens, so that its chores run. */
export async function startWebhookNode(allowPrivate: string): Promise<TestApp> {
  const node = await startTestApp({
    config: { rateLimitScale: 10_000, sweepSeconds: 0, webhookAllowPrivate: [allowPrivate] },
  });
  await node.app.listen({ port: 0, host: '127.0.0.1' });
  return node;
}

/** A node that does not listen, so that its own relay stands still: its turns are for the test to take. */
export async function startStandingNode(): Promise<{ node: TestApp; admin: TestUser }> {
  const node = await startTestApp({
    config: { rateLimitScale: 10_000, webhookAllowPrivate: ['127.0.0.1'], logLevel: 'silent' },
  });
  return { node, admin: await node.asAdmin() };
}

/** Leaves it without webhooks and relays, as at first. */
export async function forgetRelays({ db }: TestApp): Promise<void> {
  await sql`DELETE FROM webhooks`.execute(db);
  await sql`DELETE FROM relays`.execute(db);
}

/** One turn of a relay. */
export const turnOf = ({ db, app }: TestApp, sink: Sink, options: Partial<TurnOptions> = {}) =>
  takeTurn({ db, sink, log: app.log, stopping: new AbortController().signal, ...options });

/** What sends to webhooks, for turns that the test takes itself: of a node that does not listen, nobody else does. */
export function webhooksSink({ db, app }: TestApp, answerWithinMs?: number): Sink {
  const sender = createSender({
    db,
    log: app.log,
    source: 'coupon-book',
    connections: { allowed: readNetworks(['127.0.0.1'])!, ...(answerWithinMs && { answerWithinMs }) },
    onTry: () => undefined,
    onGone: () => undefined,
  });
  return { name: 'webhooks', ...fanOut, ...sender };
}

export async function call(
  { app }: TestApp,
  { headers }: Pick<TestUser, 'headers'>,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
  key: string = randomUUID(),
): Promise<Api> {
  const response = await app.inject({
    method,
    url: `/api/v1${url}`,
    headers: { ...headers, ...(method !== 'GET' && { 'idempotency-key': key }) },
    ...(payload && { payload }),
  });
  return {
    status: response.statusCode,
    text: response.body,
    body: response.body ? (response.json() as Record<string, unknown>) : {},
  };
}

const ALL_COUPON_TYPES = [
  'coupon.assigned',
  'coupon.locked',
  'coupon.unlocked',
  'coupon.redeemed',
  'coupon.unassigned',
];

export async function makeWebhook(
  node: TestApp,
  admin: TestUser,
  url: string,
  settings: object = {},
): Promise<TestWebhook> {
  const { status, text, body } = await call(node, admin, 'POST', '/webhooks', {
    url,
    types: ALL_COUPON_TYPES,
    ...settings,
  });
  if (status !== 201) throw new Error(text);
  return body as unknown as TestWebhook;
}

/** Gives one coupon to a user, who locks and redeems it: three events. */
export async function spendCoupon(node: TestApp) {
  const { id: bookId, codes } = await insertBook(node.db, 1);
  const user = await node.asUser();
  for (const name of ['assign', 'lock', 'redeem'] as const) {
    const { status, text } = await command(node, user, name, codes[0]!);
    if (status !== 200) throw new Error(text);
  }
  return { bookId, code: codes[0]!, user };
}

export interface Delivery {
  id: number;
  messageId: string;
  type: string;
  status: string;
  tries: number;
  nextTryAt: string | null;
  attempts: { status: number | null; failure: string | null; answer: string | null; durationMs: number }[];
}

export async function deliveriesOf(node: TestApp, admin: TestUser, webhookId: string): Promise<Delivery[]> {
  const { body } = await call(node, admin, 'GET', `/webhooks/${webhookId}/deliveries?limit=200`);
  return body.items as Delivery[];
}

/** Sends a test message and waits for its first answer. */
export async function tryOnce(node: TestApp, admin: TestUser, webhookId: string): Promise<Delivery> {
  const { status, body, text } = await call(node, admin, 'POST', `/webhooks/${webhookId}/test`, {});
  if (status !== 201) throw new Error(text);
  return eventually(async () => {
    const found = await call(node, admin, 'GET', `/webhooks/${webhookId}/deliveries/${String(body.id)}`);
    const delivery = found.body as unknown as Delivery;
    return delivery.attempts.length > 0 ? delivery : undefined;
  });
}

/** What a message says, when it is signed with this secret. @throws when it is not */
export const verify = (
  secret: string,
  { headers, body }: { headers: Record<string, string>; body: string },
) => new Webhook(secret).verify(body, headers) as Record<string, unknown>;
