import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { allowBulkWork } from '../../../database/bulk.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { readTip } from '../../history/events/queries.ts';
import {
  findEndOfNotices,
  listEventsByTime,
  listMoreOutgoing,
  listNoticesBetween,
  listNoticesByTime,
  listOutgoingBetween,
} from '../../history/outgoing/queries.ts';
import { covers, formatSnapshot, type Snapshot, withAtMost } from '../../history/snapshot.ts';
import { freePace, type Pace } from './making-way.ts';
import { eventMessage, type Message, noticeMessage } from './message.ts';
import {
  deleteReplay,
  findReplay,
  giveLeaseBack,
  LEASE_SECONDS,
  type Lease,
  LostLease,
  type Place,
  renewLease,
  type ReplayRow,
  savePlace,
  saveReplay,
  selectLeaseForShare,
  stopRelay,
  takeLease,
} from './queries.ts';
import type { Page, Sink } from './sink.ts';

const PAGE = 500;
/** What a place that is written can hold: see `readSnapshotText`. */
const MAX_RUNNING = 1_000;
const RENEW_EVERY_MS = (LEASE_SECONDS * 1000) / 3;

export interface TurnOptions {
  db: Database;
  sink: Sink;
  log: FastifyBaseLogger;
  /** Aborted when this process stops. */
  stopping: AbortSignal;
  /** How long a turn waits for more before it ends. */
  lingerMs?: number;
  pace?: Pace;
}

/**
 * One turn of a relay: takes the lease, hands on all that there is, and gives the lease back. Two processes never have a turn of one
 * relay at the same time, as far as what they save is concerned; a page that was handed on and not noted comes again.
 * @returns whether it had the lease
 */
export async function takeTurn({
  db,
  sink,
  log,
  stopping,
  lingerMs = 0,
  pace = freePace,
}: TurnOptions): Promise<boolean> {
  const taken = await takeLease(db, sink.name);
  if (!taken) return false;
  const { lease } = taken;
  const ending = new AbortController();
  let lost = false;
  const renewing = setInterval(() => {
    renewLease(db, lease).catch((error: unknown) => {
      if (!(error instanceof LostLease)) return; // An outage: the work notices it itself.
      lost = true;
      ending.abort(error);
    });
  }, RENEW_EVERY_MS);
  const signal = AbortSignal.any([stopping, ending.signal]);
  try {
    await handOnAll({ db, sink, log, lease, signal, pace, place: taken.place }, lingerMs);
  } catch (error) {
    lost ||= error instanceof LostLease;
    if (!lost && !stopping.aborted) throw error;
  } finally {
    ending.abort();
    clearInterval(renewing);
    await sink.rest?.(lease, lost);
    if (!lost) await giveLeaseBack(db, lease).catch(() => undefined); // It runs out by itself.
  }
  return true;
}

interface Turn {
  db: Database;
  sink: Sink;
  log: FastifyBaseLogger;
  lease: Lease;
  signal: AbortSignal;
  pace: Pace;
  place: Place;
}

const LINGER_STEP_MS = 100;
/** Who has come to the tip waits so long for more: a page costs much the same with one message and with hundreds. */
const GATHER_MS = 50;
const LIMITED_ROUND_MS = 100;
/** A process that makes way for commands leaves its turn to others after so long. Endpoints that hang are given up within it. */
const LIMITED_TURN_MS = 60_000;

async function handOnAll(turn: Turn, lingerMs: number): Promise<void> {
  const { db, sink, lease, signal, pace } = turn;
  const startedAt = performance.now();
  for (let idleMs = 0; idleMs <= lingerMs;) {
    signal.throwIfAborted();
    const replay = await findReplay(db, lease.name);
    // What a relay left out while it was stopped comes before what is new: nothing of a coupon is overtaken.
    const advanced = replay?.webhookId === null ? 'still' : await advance(turn);
    if (advanced === 'stopped') return;
    if (replay) await replayPage(turn, replay);
    const worked = (await sink.work?.(lease, signal)) ?? false;
    if (advanced === 'still' && !replay && !worked) {
      idleMs += LINGER_STEP_MS;
      if (idleMs <= lingerMs) await wait(LINGER_STEP_MS, undefined, { signal });
      continue;
    }
    idleMs = 0;
    if (pace.isLimited()) {
      if (performance.now() - startedAt > LIMITED_TURN_MS) return;
      await wait(LIMITED_ROUND_MS, undefined, { signal });
    } else if (advanced === 'at tip' && !replay && !worked && lingerMs > 0)
      await wait(GATHER_MS, undefined, { signal });
  }
}

/** To the tip, page by page; at most this many, so that the sink's other work and replays have their turn. */
const PAGES_AT_ONCE = 4;

/** How many messages the next page may have. Half of what is left at most: the rest is for the sink's other work. */
const roomOf = (pace: Pace, most: number) => Math.min(most, Math.ceil(pace.left() / 2));

/** Hands on what has become visible: all of it (`at tip`), or a part. */
async function advance(turn: Turn): Promise<'at tip' | 'moved' | 'still' | 'stopped'> {
  const { db, sink, log, lease, pace } = turn;
  const tip = withAtMost(await readTip(db), MAX_RUNNING);
  if (!covers(tip, turn.place.to ?? turn.place.from)) {
    await stopRelay(db, lease);
    log.error(
      { relay: lease.name },
      'the database does not know how far events were handed on (was a backup restored?): the relay has stopped; run npm run doctor',
    );
    return 'stopped';
  }
  if (!turn.place.to && formatSnapshot(tip) === formatSnapshot(turn.place.from)) return 'still';
  if (await sink.isUnwanted?.(db)) {
    await saveAt(turn, beginAt(tip));
    return 'still';
  }
  const to = turn.place.to ?? tip;
  for (let pages = pace.isLimited() ? 1 : PAGES_AT_ONCE; pages > 0; pages -= 1) {
    turn.signal.throwIfAborted();
    const limit = roomOf(pace, PAGE);
    if (limit < 1) return 'moved';
    const { messages, next } = await readPage(db, { ...turn.place, to }, limit);
    if (messages.length === 0) await saveAt(turn, next);
    else
      await handOn(turn, { messages, webhookId: null, isReplay: false }, (trx) =>
        savePlace(trx, lease, next),
      );
    turn.place = next;
    if (!next.to) return 'at tip';
  }
  return 'moved';
}

const beginAt = (from: Snapshot): Place => ({ from, to: null, afterId: 0, afterNoticeId: 0 });

/**
 * The next page of a stretch, and the place after it: notices for as long as they fill pages, then the rest of them and the first events,
 * then the other events. What is on one page with others may come twice, and is never left out.
 */
async function readPage(
  db: Database,
  { from, to, afterId, afterNoticeId }: Place & { to: Snapshot },
  limit: number,
): Promise<{ messages: Message[]; next: Place }> {
  if (afterId > 0) {
    const { events, lookedTo } = await listMoreOutgoing(db, { from, to, afterId, limit });
    const next = lookedTo === null ? beginAt(to) : { from, to, afterId: lookedTo, afterNoticeId };
    return { messages: events.map(eventMessage), next };
  }
  const notices = await listNoticesBetween(db, { from, to, afterId: afterNoticeId, limit });
  if (notices.length === limit)
    return {
      messages: notices.map(noticeMessage),
      next: { from, to, afterId: 0, afterNoticeId: notices.at(-1)!.id },
    };
  // After a long absence it takes longer than statements have.
  const events = await inTransaction(db, async (trx) => {
    await allowBulkWork(trx);
    return listOutgoingBetween(trx, { from, to, afterId: 0, limit });
  });
  const last = events.length === limit ? events.at(-1) : undefined;
  return {
    messages: [...events.map(eventMessage), ...notices.map(noticeMessage)],
    next: last ? { from, to, afterId: last.id, afterNoticeId } : beginAt(to),
  };
}

function saveAt(turn: Turn, place: Place): Promise<void> {
  turn.place = place;
  return inTransaction(turn.db, (trx) => savePlace(trx, turn.lease, place));
}

async function handOn(
  { sink, signal, pace, db }: Turn,
  page: Pick<Page, 'messages' | 'webhookId' | 'isReplay'>,
  save: (trx: Transaction) => Promise<void>,
): Promise<void> {
  const count = await sink.handOn({
    ...page,
    signal,
    save: (work) =>
      inTransaction(db, async (trx) => {
        await save(trx);
        await work?.(trx);
      }),
  });
  pace.spend(count ?? page.messages.length);
}

/** Most notices of a page of a replay, which ends sooner when there are more. */
const MAX_NOTICES = 1_000;

/** One page of a replay. */
async function replayPage(turn: Turn, replay: ReplayRow): Promise<void> {
  const { db, lease, pace } = turn;
  const limit = roomOf(pace, PAGE);
  if (limit < 1) return;
  const { id, webhookId, doneTo, afterId, until } = replay;
  const cut = await findEndOfNotices(db, { from: doneTo, until, limit: MAX_NOTICES });
  const events = await listEventsByTime(db, { from: doneTo, afterId, until: cut ?? until, limit });
  const last = events.length === limit ? events.at(-1) : undefined;
  const next = last ? { doneTo: last.occurredAt, afterId: last.id } : cut && { doneTo: cut, afterId: 0 };
  // From the time at which this page begins to that at which the next one does.
  const notices = await listNoticesByTime(db, { from: doneTo, until: next?.doneTo ?? until });
  const messages: Message[] = [...events.map(eventMessage), ...notices.map(noticeMessage)];
  await handOn(turn, { messages, webhookId, isReplay: true }, async (trx) => {
    await selectLeaseForShare(trx, lease);
    if (next) await saveReplay(trx, { id, ...next });
    else await deleteReplay(trx, id);
  });
}

/** Where a relay that begins now begins. */
export async function readStart(db: Database): Promise<Snapshot> {
  return withAtMost(await readTip(db), MAX_RUNNING);
}
