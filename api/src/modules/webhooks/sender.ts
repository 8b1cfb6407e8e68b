import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database, Transaction } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { recordNotice } from '../history/outgoing/queries.ts';
import {
  deleteDeliveries,
  listDueDeliveries,
  type PendingDelivery,
  saveResults,
} from './deliveries/queries.ts';
import { readMessages } from './deliveries/read-messages.ts';
import { fanOut, noteDeliveries, parcelKey, wants } from './fan-out.ts';
import { createLanes, inHandOf, type Lane, type LanesOptions, type Parcel } from './lanes.ts';
import { type DisabledReason, type Health, listSignedWebhooks, saveHealth } from './queries.ts';
import { freePace, type Pace } from './relay/making-way.ts';
import { type Lease, selectLeaseForShare } from './relay/queries.ts';
import type { Page, Sink } from './relay/sink.ts';

/** Until results are noted and more is taken. */
const ROUND_MS = 25;
const NOTED_AT_ONCE = 32;
/** So long a page waits for the answers to what is sent before it is noted. */
const SENT_WITHIN_MS = 500;
const SENT_STEP_MS = 5;
const FINISH_WITHIN_MS = 5_000;
/** An endpoint that is behind by more than this never catches up; what waits for it would grow without end. */
const MAX_BEHIND_SECONDS = 3 * 24 * 3600;

export interface SenderOptions extends Omit<LanesOptions, 'onEnd' | 'onDropped'> {
  db: Database;
  log: FastifyBaseLogger;
  pace?: Pace;
}

/**
 * Sends to webhooks, each in a lane of its own. Works while the webhooks' relay has its lease, so that no two processes send.
 *
 * A page that comes from the relay is sent at once to endpoints that have nothing older to do, and written with what came of it, in one
 * row for each message and endpoint that is never touched again. What is not sent by then, or failed, or is for others, is written as
 * due; from there it is taken, sent and noted.
 */
export function createSender(options: SenderOptions): Required<Pick<Sink, 'handOn' | 'work' | 'rest'>> {
  const { db, log, pace = freePace } = options;
  /** Deliveries in the log that are waiting, under way, or not yet noted. */
  const held = new Set<number>();
  /** Of these, what has ended. */
  let ended: Parcel[] = [];
  /** What is sent before it is in the log; kept until it is, also when the database is away meanwhile. */
  let early = new Map<string, Parcel>();
  let behind: string[] = [];
  let wake: () => void = () => undefined;

  const lanes = createLanes({
    ...options,
    onEnd(parcel) {
      if (parcel.result && parcel.logged) ended.push(parcel);
      wake();
    },
    onDropped: ({ logged }) => logged && held.delete(logged.id),
  });

  async function handOn(page: Page): Promise<number | void> {
    if (page.isReplay) return fanOut.handOn(page);
    await sendEarly(page);
    const tried = new Map([...early].filter(([, { result }]) => result));
    let count = 0;
    let pending: PendingDelivery[] = [];
    let disabled: Disabled[] = [];
    await page.save(async (trx) => {
      ({ count, pending } = await noteDeliveries(trx, page, tried));
      disabled = await noteHealth(trx, [...tried.values()], []);
    });
    for (const { id, webhookId, messageId, nextTryAt } of pending) {
      const key = parcelKey(webhookId, messageId);
      const parcel = tried.has(key) ? undefined : early.get(key);
      if (!parcel) continue;
      // It waits, or is under way: from here on it is like any other.
      parcel.logged = { id, nextTryAt };
      held.add(id);
      if (parcel.result) ended.push(parcel);
    }
    early.clear();
    sayDisabled(disabled);
    return count;
  }

  /** Sends a page to whoever has nothing older to do, and waits a moment for the answers. */
  async function sendEarly({ messages, signal }: Page): Promise<void> {
    const ids = new Set(messages.map(({ id }) => id));
    // What was sent when this page came before, and could not be noted.
    early = new Map([...early].filter(([, { message, result }]) => result && ids.has(message.id)));
    if (lanes.all().length === 0) await takeDue();
    for (const lane of lanes.all().filter(isFree)) {
      let room = lanes.roomOf(lane);
      for (const message of messages) {
        const key = parcelKey(lane.webhook.id, message.id);
        if (early.has(key) || !wants(lane.webhook, message)) continue;
        if ((room -= 1) < 0) {
          lane.isCaughtUp = false;
          break;
        }
        const parcel: Parcel = { webhookId: lane.webhook.id, message, tries: 0, logged: null };
        early.set(key, parcel);
        lane.waiting.push(parcel);
      }
    }
    lanes.start(signal);
    const isOver = () => [...early.values()].every(({ result }) => result);
    for (const end = performance.now() + SENT_WITHIN_MS; !isOver() && performance.now() < end;) {
      if (signal.aborted) break;
      await wait(SENT_STEP_MS);
    }
  }

  async function work(lease: Lease, signal: AbortSignal): Promise<boolean> {
    await saveEnded(lease);
    const taken = await takeDue();
    lanes.start(signal);
    const busy = held.size > 0;
    if (busy) {
      const waking = new Promise<void>((resolve) => (wake = resolve));
      await Promise.race([waking, wait(4 * ROUND_MS)]);
      // A little longer, so that results are noted together.
      if (ended.length < NOTED_AT_ONCE) await wait(ROUND_MS);
    }
    return busy || taken;
  }

  async function takeDue(): Promise<boolean> {
    lanes.follow(await listSignedWebhooks(db));
    const left = pace.left();
    if (left < 1) return false;
    // Half of what a lane may have in hand at a time: fewer, larger looks.
    const open = lanes.all().filter((lane) => lanes.roomOf(lane) > inHandOf(lane));
    const rooms = open.map((lane) => ({
      webhookId: lane.webhook.id,
      room: Math.min(lanes.roomOf(lane), Math.ceil(left / open.length)),
    }));
    if (rooms.length === 0) return false;
    const due = await listDueDeliveries(db, rooms, [...held]);
    pace.spend(due.length);
    for (const { webhookId, room } of rooms)
      lanes.of(webhookId).isCaughtUp = due.filter((one) => one.webhookId === webhookId).length < room;
    if (due.length === 0) return false;
    const messages = await readMessages(db, due);
    const orphans = due.filter(({ messageId }) => !messages.has(messageId));
    if (orphans.length > 0) {
      log.warn({ deliveries: orphans.length }, 'what these deliveries were about has been deleted');
      await deleteDeliveries(db, orphans);
    }
    for (const { id, webhookId, messageId, tries, nextTryAt, lateSeconds } of due) {
      const message = messages.get(messageId);
      if (!message) continue;
      held.add(id);
      lanes.of(webhookId).waiting.push({ webhookId, message, tries, logged: { id, nextTryAt } });
      if (lateSeconds > MAX_BEHIND_SECONDS) behind.push(webhookId);
    }
    return true;
  }

  async function saveEnded(lease: Lease): Promise<void> {
    if (ended.length === 0 && behind.length === 0) return;
    const [done, late] = [ended, behind];
    [ended, behind] = [[], []];
    try {
      const disabled = await inTransaction(db, async (trx) => {
        await selectLeaseForShare(trx, lease);
        await saveResults(
          trx,
          done.map(({ webhookId, logged, result }) => ({ webhookId, ...logged!, ...result! })),
        );
        return noteHealth(trx, done, late);
      });
      sayDisabled(disabled);
    } catch (error) {
      [ended, behind] = [
        [...done, ...ended],
        [...late, ...behind],
      ];
      throw error;
    }
    for (const { logged } of done) held.delete(logged!.id);
  }

  function sayDisabled(disabled: readonly Disabled[]): void {
    for (const { id, reason } of disabled) log.error({ webhook: id, reason }, 'a webhook was switched off');
  }

  /** Lets what is under way end, for a while, and forgets the rest: it is due, and whoever has the lease next sends it. */
  async function rest(lease: Lease, lost: boolean): Promise<void> {
    lanes.forgetWaiting();
    const isOver = () => lanes.all().every(({ inFlight }) => inFlight === 0);
    for (const end = performance.now() + FINISH_WITHIN_MS; !lost && !isOver() && performance.now() < end;)
      await wait(ROUND_MS);
    lanes.close();
    // What cannot be noted now is noted with the next lease; another process may have sent it again by then.
    if (lost) {
      [ended, behind] = [[], []];
      early.clear();
    } else await saveEnded(lease).catch(() => undefined);
    held.clear();
  }

  return { handOn, work, rest };
}

/** Whether it is well and has nothing to do, so that a page need hardly wait for it. */
const isFree = (lane: Lane) => lane.isCaughtUp && lane.failures === 0 && inHandOf(lane) === 0;

interface Disabled {
  id: string;
  reason: DisabledReason;
}

/** Notes how endpoints do, and says which of them this switched off. */
async function noteHealth(
  trx: Transaction,
  done: readonly Parcel[],
  late: readonly string[],
): Promise<Disabled[]> {
  const health = healthOf(done, late);
  if (health.length === 0) return [];
  const disabled = await saveHealth(trx, health);
  for (const { id, reason } of disabled) {
    await recordNotice(trx, { type: 'webhook.disabled', bookId: null, data: { webhookId: id, reason } });
  }
  return disabled;
}

/** The last try of each endpoint is how it is. */
function healthOf(done: readonly Parcel[], late: readonly string[]): Health[] {
  const health = new Map<string, Health>();
  for (const { webhookId, result } of done) {
    const { status, gone } = result!;
    const disable = gone ? 'gone' : (health.get(webhookId)?.disable ?? null);
    health.set(webhookId, { webhookId, succeeded: status === 'delivered', disable });
  }
  for (const webhookId of late) {
    const known = health.get(webhookId) ?? { webhookId, succeeded: false };
    health.set(webhookId, { ...known, disable: 'backlog' });
  }
  return [...health.values()];
}
