import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { version } from '../../config.ts';
import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { recordNotice } from '../history/outgoing/queries.ts';
import {
  deleteDeliveries,
  type DueDelivery,
  listDueDeliveries,
  type Result,
  saveResults,
} from './deliveries/queries.ts';
import { readMessages } from './deliveries/read-messages.ts';
import { type Health, listSignedWebhooks, saveHealth, type SignedWebhook } from './queries.ts';
import { writeEnvelope } from './relay/envelope.ts';
import type { Message } from './relay/message.ts';
import { type Lease, selectLeaseForShare } from './relay/queries.ts';
import type { Sink } from './relay/sink.ts';
import { type Connections, type ConnectionOptions, openConnections, type Outcome } from './send.ts';
import { signatureHeaders } from './sign.ts';

/** Requests to one endpoint at a time; and to one that keeps failing. */
const AT_A_TIME = 32;
const AT_A_TIME_FAILING = 1;
const FAILING_AFTER = 5;
/** Taken from the database ahead, for each endpoint. */
const AHEAD = 256;
/** Until results are noted and more is taken. */
const ROUND_MS = 25;
const FINISH_WITHIN_MS = 5_000;
/** Between one try and the next. https://www.standardwebhooks.com */
const RETRY_AFTER_SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/** An endpoint that is behind by more than this never catches up; what waits for it would grow without end. */
const MAX_BEHIND_SECONDS = 3 * 24 * 3600;

export interface SenderOptions {
  db: Database;
  log: FastifyBaseLogger;
  source: string;
  connections: Omit<ConnectionOptions, 'max'>;
  /** Told of each try, for metrics. */
  onTry: (webhookId: string, succeeded: boolean) => void;
  /** Told when an endpoint is gone. */
  onGone: (webhookId: string) => void;
}

interface Lane {
  webhook: SignedWebhook;
  connections: Connections;
  waiting: { delivery: DueDelivery; message: Message }[];
  inFlight: number;
  failures: number;
}

/**
 * Sends what is due, in a lane of its own for each endpoint: one that hangs keeps its own lane busy and nobody else's. Works while the
 * webhooks' relay has its lease, so that no two processes send.
 */
export function createSender(options: SenderOptions): Required<Pick<Sink, 'work' | 'rest'>> {
  const { db, log, source, onTry, onGone } = options;
  const lanes = new Map<string, Lane>();
  /** Deliveries that are waiting, under way, or not yet noted. */
  const held = new Set<number>();
  let results: (Result & { gone: boolean })[] = [];
  let behind: string[] = [];
  let wake: () => void = () => undefined;
  /** The database's clock, and when it was read by ours. */
  let clock = { now: 0, readAt: 0 };

  const databaseTime = () => clock.now + performance.now() - clock.readAt;

  async function work(lease: Lease, signal: AbortSignal): Promise<boolean> {
    await saveAll(lease);
    const taken = await takeDue();
    for (const lane of lanes.values()) start(lane, signal);
    const busy = held.size > 0;
    if (busy) {
      const waking = new Promise<void>((resolve) => (wake = resolve));
      await Promise.race([waking, wait(4 * ROUND_MS)]);
      // A little longer, so that results are noted together.
      if (results.length < AT_A_TIME) await wait(ROUND_MS);
    }
    return busy || taken;
  }

  async function takeDue(): Promise<boolean> {
    const webhooks = await listSignedWebhooks(db);
    followLanes(webhooks);
    const rooms = webhooks
      .map(({ id }) => ({ webhookId: id, room: roomOf(lanes.get(id)!) }))
      .filter(({ room }) => room > 0);
    if (rooms.length === 0) return false;
    const due = await listDueDeliveries(db, rooms, [...held]);
    if (due.length === 0) return false;
    const messages = await readMessages(db, due);
    const orphans = due.filter(({ messageId }) => !messages.has(messageId));
    if (orphans.length > 0) {
      log.warn({ deliveries: orphans.length }, 'what these deliveries were about has been deleted');
      await deleteDeliveries(db, orphans);
    }
    for (const delivery of due) {
      const message = messages.get(delivery.messageId);
      if (!message) continue;
      held.add(delivery.id);
      lanes.get(delivery.webhookId)!.waiting.push({ delivery, message });
      if (delivery.lateSeconds > MAX_BEHIND_SECONDS) behind.push(delivery.webhookId);
    }
    return true;
  }

  const limitOf = ({ failures }: Lane) => (failures >= FAILING_AFTER ? AT_A_TIME_FAILING : AT_A_TIME);

  function roomOf(lane: Lane): number {
    const ahead = lane.failures >= FAILING_AFTER ? AT_A_TIME_FAILING : AHEAD;
    const kept = lane.waiting.length + lane.inFlight;
    // Half of it at a time: fewer, larger looks.
    return kept <= ahead / 2 ? ahead - kept : 0;
  }

  function followLanes(webhooks: readonly SignedWebhook[]): void {
    if (webhooks[0]) clock = { now: webhooks[0].now.getTime(), readAt: performance.now() };
    const ids = new Set(webhooks.map(({ id }) => id));
    for (const [id, lane] of lanes) {
      if (ids.has(id)) continue;
      for (const { delivery } of lane.waiting.splice(0)) held.delete(delivery.id);
      lane.connections.close();
      lanes.delete(id);
      onGone(id);
    }
    for (const webhook of webhooks) {
      const lane = lanes.get(webhook.id);
      if (lane) lane.webhook = webhook;
      else {
        const connections = openConnections({ ...options.connections, max: AT_A_TIME });
        lanes.set(webhook.id, { webhook, connections, waiting: [], inFlight: 0, failures: 0 });
      }
    }
  }

  function start(lane: Lane, signal: AbortSignal): void {
    while (!signal.aborted && lane.waiting.length > 0 && lane.inFlight < limitOf(lane)) {
      const { delivery, message } = lane.waiting.shift()!;
      lane.inFlight += 1;
      void deliver(lane, delivery, message).finally(() => {
        lane.inFlight -= 1;
        start(lane, signal);
        wake();
      });
    }
  }

  async function deliver(lane: Lane, delivery: DueDelivery, message: Message): Promise<void> {
    const { url, secrets, includeCodes } = lane.webhook;
    const { signal } = cutting;
    const body = writeEnvelope(message, { source, includeCodes });
    const at = databaseTime();
    const started = performance.now();
    const outcome = await lane.connections.post(
      new URL(url),
      {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': `coupon-book/${version}`,
        ...signatureHeaders({ id: message.id, body, sentAt: Math.floor(at / 1000) }, secrets),
      },
      body,
      signal,
    );
    if (signal.aborted) return;
    const succeeded = outcome.failure === undefined && outcome.status >= 200 && outcome.status < 300;
    lane.failures = succeeded ? 0 : lane.failures + 1;
    onTry(delivery.webhookId, succeeded);
    results.push({
      webhookId: delivery.webhookId,
      id: delivery.id,
      nextTryAt: delivery.nextTryAt,
      gone: outcome.failure === undefined && outcome.status === 410,
      attempt: {
        at: new Date(at).toISOString(),
        durationMs: Math.round(performance.now() - started),
        status: outcome.failure === undefined ? outcome.status : null,
        failure: outcome.failure ?? null,
        answer: outcome.failure === undefined ? outcome.answer : null,
      },
      ...whatNext(delivery, succeeded, outcome),
    });
  }

  /** Ends requests without waiting for their answers. */
  let cutting = new AbortController();

  async function saveAll(lease: Lease): Promise<void> {
    if (results.length === 0 && behind.length === 0) return;
    const [done, late] = [results, behind];
    [results, behind] = [[], []];
    try {
      const disabled = await inTransaction(db, async (trx) => {
        await selectLeaseForShare(trx, lease);
        await saveResults(trx, done);
        const off = await saveHealth(trx, healthOf(done, late));
        for (const { id, reason } of off) {
          await recordNotice(trx, {
            type: 'webhook.disabled',
            bookId: null,
            data: { webhookId: id, reason },
          });
        }
        return off;
      });
      for (const { id, reason } of disabled) log.error({ webhook: id, reason }, 'a webhook was switched off');
    } catch (error) {
      [results, behind] = [
        [...done, ...results],
        [...late, ...behind],
      ];
      throw error;
    }
    for (const { id } of done) held.delete(id);
  }

  /** Lets what is under way end, for a while, and forgets the rest: it is due, and whoever has the lease next sends it. */
  async function rest(lease: Lease, lost: boolean): Promise<void> {
    for (const { waiting } of lanes.values()) waiting.length = 0;
    const isOver = () => [...lanes.values()].every(({ inFlight }) => inFlight === 0);
    for (const end = performance.now() + FINISH_WITHIN_MS; !lost && !isOver() && performance.now() < end;)
      await wait(ROUND_MS);
    cutting.abort();
    // What cannot be noted now is noted with the next lease; another process may have sent it again by then.
    if (lost) [results, behind] = [[], []];
    else await saveAll(lease).catch(() => undefined);
    held.clear();
    for (const { connections } of lanes.values()) connections.close();
    lanes.clear();
    cutting = new AbortController();
  }

  return { work, rest };
}

function whatNext(
  { tries }: DueDelivery,
  succeeded: boolean,
  outcome: Outcome,
): Pick<Result, 'status' | 'nextTryInSeconds'> {
  if (succeeded) return { status: 'delivered', nextTryInSeconds: null };
  const pause = RETRY_AFTER_SECONDS[tries];
  if (pause === undefined) return { status: 'failed', nextTryInSeconds: null };
  const asked = outcome.failure === undefined ? (outcome.retryAfterSeconds ?? 0) : 0;
  return { status: 'pending', nextTryInSeconds: Math.max(pause, asked) };
}

/** The last try of each endpoint is how it is. */
function healthOf(results: readonly (Result & { gone: boolean })[], late: readonly string[]): Health[] {
  const health = new Map<string, Health>();
  for (const { webhookId, status, gone } of results) {
    const disable = gone ? 'gone' : (health.get(webhookId)?.disable ?? null);
    health.set(webhookId, { webhookId, succeeded: status === 'delivered', disable });
  }
  for (const webhookId of late) {
    const known = health.get(webhookId) ?? { webhookId, succeeded: false };
    health.set(webhookId, { ...known, disable: 'backlog' });
  }
  return [...health.values()];
}
