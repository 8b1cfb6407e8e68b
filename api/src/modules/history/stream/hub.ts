import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../../database/connection.ts';
import { isOutage } from '../../../database/errors.ts';
import { findCouponsAt } from '../../coupons/reads/queries.ts';
import { eventMessage, formatPlace, type Reader } from './messages.ts';
import {
  hasMoreEventsBetween,
  listEventsBetween,
  placesOf,
  readTip,
  type StreamedEvent,
} from '../events/queries.ts';
import type { Listener, ResetReason } from './listener.ts';
import { covers, formatSnapshot, type Snapshot } from '../snapshot.ts';

/** A change is told within this and the time of a query; one query a process, however many listen. */
const POLL_MS = 250;
const POLL_AFTER_FAILURE_MS = 1_000;
const PAGE = 2_000;
/** More than this at a look, after minutes without the database, and loading the lists again is cheaper: each page reads all again. */
const MAX_AT_ONCE = 50_000;

export interface Hub {
  /**
   * Adds a listener; it hears what becomes visible after the snapshot returned.
   * @param after where it was already: the snapshot covers it, unless it is of another database
   */
  join: (listener: Listener, after?: Snapshot) => Promise<Snapshot>;
  leave: (listener: Listener) => void;
  /** What all who listen have been told, when nothing is on the way. */
  position: () => Snapshot | null;
  stop: () => Promise<void>;
}

export interface HubOptions {
  db: Database;
  log: FastifyBaseLogger;
  /** Who may no longer listen has left when it resolves. While it fails, nobody is told anything. */
  beforeTelling: () => Promise<void>;
}

/** All who listen to the same: their messages are written once. */
interface Channel {
  reader: Reader;
  userId?: string;
  bookId?: string;
  listeners: Set<Listener>;
}

const channelKey = (userId = '', bookId = '') => `${userId} ${bookId}`;

/**
 * Reads new events, for all who listen in this process together, and only while somebody does. No NOTIFY: in the transactions of
 * changes it would make commits wait for each other.
 */
export function createHub({ db, log, beforeTelling }: HubOptions): Hub {
  const channels = new Map<string, Channel>();
  let position: Snapshot | null = null;
  /** What is being told: a failure in the middle is continued, not repeated. */
  let stretch: { from: Snapshot; to: Snapshot; afterId: number } | null = null;
  let polling: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let joining = 0;
  let failing = false;
  let stopped = false;

  /** One look at a time: who asks while one is under way gets that one. */
  function poll(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    polling ??= look().finally(() => {
      polling = null;
      if (channels.size > 0) pollLater();
      else if (joining === 0) position = stretch = null;
    });
    return polling;
  }

  function pollLater(): void {
    clearTimeout(timer);
    if (!stopped)
      timer = setTimeout(() => void poll().catch(() => {}), failing ? POLL_AFTER_FAILURE_MS : POLL_MS);
  }

  async function look(): Promise<void> {
    try {
      await advance();
      failing = false;
    } catch (error) {
      if (!failing) log[isOutage(error) ? 'warn' : 'error']({ err: error }, 'the event stream stands still');
      failing = true;
      throw error;
    }
  }

  async function advance(): Promise<void> {
    if (!stretch) {
      const tip = await readTip(db);
      if (position && !covers(tip, position)) {
        // Transactions are gone that we knew: another server took over without them, or a back-up was restored.
        return startAfresh('unknown-position', tip);
      }
      if (!position || formatSnapshot(tip) === formatSnapshot(position)) {
        position ??= tip;
        return;
      }
      if (await hasMoreEventsBetween(db, { from: position, to: tip }, MAX_AT_ONCE))
        return startAfresh('too-many-events', tip);
      stretch = { from: position, to: tip, afterId: 0 };
    }
    const of = wanted();
    for (let full = true; full;) {
      const events = await listEventsBetween(db, { ...stretch, limit: PAGE, of });
      await tellAll(events, stretch);
      stretch.afterId = events.at(-1)?.id ?? stretch.afterId;
      full = events.length === PAGE;
    }
    position = stretch.to;
    stretch = null;
  }

  function startAfresh(reason: ResetReason, tip: Snapshot): void {
    position = tip;
    for (const { listeners } of channels.values())
      for (const listener of listeners) listener.reset(reason, tip);
  }

  /** Nobody joins while a stretch is told, so this holds until its end. */
  function wanted() {
    const all = [...channels.values()];
    if (all.some(({ userId, bookId }) => userId === undefined && bookId === undefined)) return null;
    return {
      userIds: all.flatMap(({ userId }) => userId ?? []),
      bookIds: all.flatMap(({ userId, bookId }) => (userId === undefined ? (bookId ?? []) : [])),
    };
  }

  async function tellAll(
    events: readonly StreamedEvent[],
    on: { from: Snapshot; to: Snapshot },
  ): Promise<void> {
    const heard = events.map((event) => ({ event, by: channelsOf(event) })).filter(({ by }) => by.length > 0);
    if (heard.length === 0) return;
    const coupons = await findCouponsAt(db, placesOf(heard.map(({ event }) => event)));
    const told = new Map<Channel, string>();
    for (const { event, by } of heard) {
      const id = formatPlace({ ...on, eventId: event.id });
      const written: Partial<Record<Reader, string>> = {};
      for (const channel of by) {
        written[channel.reader] ??= eventMessage(event, coupons.get(event.couponId), channel.reader, id);
        told.set(channel, (told.get(channel) ?? '') + written[channel.reader]);
      }
    }
    await beforeTelling();
    for (const [{ listeners }, text] of told) {
      const bytes = Buffer.from(text);
      for (const listener of listeners) listener.tell(bytes);
    }
  }

  const channelsOf = ({ userId, bookId }: StreamedEvent) =>
    [channelKey(), channelKey('', bookId), channelKey(userId), channelKey(userId, bookId)].flatMap(
      (key) => channels.get(key) ?? [],
    );

  return {
    async join(listener, after) {
      joining += 1;
      try {
        // Another process may have told more than this one. A look that begins after we were asked sees as much; the one under way
        // may not.
        for (let looks = 0; looks < 2 && after && !(position && covers(position, after)); looks += 1)
          await poll();
        while (!position || stretch) await poll();
      } finally {
        joining -= 1;
      }
      const { reader, userId, bookId } = listener;
      const key = channelKey(userId, bookId);
      const channel = channels.get(key) ?? { reader, userId, bookId, listeners: new Set() };
      channel.listeners.add(listener);
      channels.set(key, channel);
      if (!polling && !timer) pollLater();
      return position;
    },
    leave(listener) {
      const key = channelKey(listener.userId, listener.bookId);
      const channel = channels.get(key);
      channel?.listeners.delete(listener);
      if (channel?.listeners.size === 0) channels.delete(key);
    },
    position: () => (stretch ? null : position),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await polling?.catch(() => {});
    },
  };
}
