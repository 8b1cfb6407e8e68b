import { type Answer, jsonAnswer } from '../../../answers/answer.ts';
import type { Database } from '../../../database/connection.ts';
import { createRecentMap } from '../../../recent-map.ts';
import type { ExpectedPlace, Places } from '../places.ts';
import { presentCoupon } from '../present.ts';
import { findKnownBooks, type KnownBook, requireUnchangedBooks } from '../queries.ts';
import {
  type Foreseen,
  type ForeseenChange,
  lockCoupons,
  redeemCoupons,
  type Stored,
} from '../store-foreseen.ts';
import type { SubmittedCommand } from './command.ts';
import {
  endOfLock,
  foreseeLock,
  foreseeRedemption,
  kindOf,
  type LockOutcome,
  redemptionData,
  type RedemptionOutcome,
  TO_LOCK,
  TO_REDEEM,
  type Window,
} from './foresee.ts';
import { inOneTrip } from './one-trip.ts';

/** Most books that are remembered. */
const MAX_BOOKS = 1_000;
/** How far ahead `decide` is asked: a group waits for its connection, but not longer than this. */
const AHEAD_MS = 2_000;

/** A book as it was last read, and when: by `performance.now()`, and by the database's clock since. */
type SeenBook = KnownBook & { seenAt: number };

/** A command, and where its coupon is expected to be. */
interface Work {
  command: SubmittedCommand;
  /** Which of its group. */
  index: number;
  place: ExpectedPlace;
}

/**
 * Locks and redeems coupons by code, a group at a time, in one round trip.
 *
 * `decide` stays the only place of the rules. It is asked about coupons that belong to who asks, not locked or locked by them, of books
 * as they were last read, at the first and at the last moment that the clock may show; what it says is what the statements carry out,
 * for coupons, books and a clock that they find to be so.
 *
 * What is not remembered of books and places is looked up before.
 *
 * @returns null when a check failed, and @throws an outage: see `inOneTrip`
 */
export function createLockAndRedeemInOneTrip(
  db: Database,
  places: Places,
): (commands: readonly SubmittedCommand[]) => Promise<Answer[] | null> {
  const known = createRecentMap<string, SeenBook>(MAX_BOOKS);

  async function findBooks(ids: readonly string[]): Promise<Map<string, SeenBook>> {
    const unknown = ids.filter((id) => !known.get(id));
    const read = unknown.length > 0 ? await findKnownBooks(db, unknown) : [];
    for (const [id, book] of read) known.set(id, { ...book, seenAt: performance.now() });
    return new Map(
      ids.flatMap((id) => {
        const book = known.get(id);
        return book ? [[id, book]] : [];
      }),
    );
  }

  return async (commands) => {
    const at = await places.find(
      db,
      commands.map(({ code }) => code!),
    );
    const books = await findBooks([...new Set([...at.values()].map(({ bookId }) => bookId))]);
    if (books.size === 0) return null;
    const given = await lockAndRedeemInOneTrip(db, commands, at, books, windowOf([...books.values()]));
    if (!given) {
      for (const id of books.keys()) known.delete(id);
      return null;
    }
    const seenAt = performance.now();
    for (const { coupon, now } of given.stored)
      known.set(coupon.bookId, { ...books.get(coupon.bookId)!, now, seenAt });
    places.remember(given.stored.map(({ coupon }) => coupon));
    return given.answers;
  };
}

/** The same, knowing where the coupons are, what their books are, and when the clock is expected to be. */
export async function lockAndRedeemInOneTrip(
  db: Database,
  commands: readonly SubmittedCommand[],
  at: ReadonlyMap<string, ExpectedPlace>,
  books: ReadonlyMap<string, KnownBook>,
  window: Window,
): Promise<{ answers: Answer[]; stored: Stored[] } | null> {
  const works = commands
    .flatMap((command, index) => {
      const place = at.get(command.code!);
      return place && books.has(place.bookId) ? [{ command, index, place }] : [];
    })
    .sort((a, b) => a.place.id - b.place.id);
  const locks = works.filter(({ command }) => command.type === 'lock');
  const redemptions = works.filter(({ command }) => command.type === 'redeem');
  if (commands.length === 0 || locks.length + redemptions.length < commands.length) return null;
  const toLock = foreseeAll(locks, books, window, foreseeLock, ({ lastsMs, until }) => ({ lastsMs, until }));
  const toRedeem = foreseeAll(
    redemptions,
    books,
    window,
    foreseeRedemption,
    ({ state }, { command, place }) => ({
      data: redemptionData(place.redemptionCount, state, command),
    }),
  );
  if ((locks.length > 0 && !toLock) || (redemptions.length > 0 && !toRedeem)) return null;
  const stored: Stored[] = [];
  const answers = await inOneTrip(db, commands, (trx, withinMs) => {
    // Neither waits for rows: those that others hold are passed over. So there is no order of locks to keep.
    const heldUntil = endOfLock(window);
    const locked = toLock ? lockCoupons(trx, { ...toLock, from: TO_LOCK, withinMs }) : [];
    const redeemed = toRedeem
      ? redeemCoupons(trx, { ...toRedeem, from: TO_REDEEM, heldUntil, withinMs })
      : [];
    // Last, so that they are looked at while the coupons are held.
    const versions = [...books].map(([id, { version }]) => ({ id, version }));
    const checks = [requireUnchangedBooks(trx, versions)];
    return { checks, answers: Promise.all([locked, redeemed]).then(answerAll) };
  });
  return answers && { answers, stored };

  function answerAll([locked, redeemed]: [Stored[], Stored[]]): Answer[] {
    stored.push(...locked, ...redeemed);
    const [nextLocked, nextRedeemed] = [locked.values(), redeemed.values()];
    const all: Answer[] = [];
    for (const { command, index, place } of works) {
      const { coupon, now } = (command.type === 'lock' ? nextLocked : nextRedeemed).next().value!;
      all[index] = jsonAnswer(200, presentCoupon(coupon, books.get(place.bookId)!, command.actor, now));
    }
    return all;
  }
}

/** From the latest time that the database has told until somewhat later than now, by its clock. */
function windowOf(books: readonly SeenBook[]): Window {
  const { now, seenAt } = books.reduce((latest, book) => (book.now > latest.now ? book : latest));
  return {
    earliest: now,
    latest: new Date(now.getTime() + Math.ceil(performance.now() - seenAt) + AHEAD_MS),
  };
}

/**
 * Asks `foresee` about each of some commands; about those that look the same to the rules, once.
 * @param more what else there is to say of a change
 * @returns null when one is not foreseen, or by another event than the others
 */
function foreseeAll<Outcome extends LockOutcome | RedemptionOutcome, More>(
  works: readonly Work[],
  books: ReadonlyMap<string, KnownBook>,
  window: Window,
  foresee: (
    place: ExpectedPlace,
    book: KnownBook,
    command: SubmittedCommand,
    window: Window,
  ) => Outcome | null,
  more: (outcome: Outcome, work: Work) => More,
): Omit<Foreseen<ForeseenChange & More>, 'from' | 'withinMs'> | null {
  const order = new Map([...books.keys()].map((id, index) => [id, index]));
  const outcomes = new Map<string, Outcome | null>();
  const changes = [];
  for (const work of works) {
    const { command, place } = work;
    const { id, bookId, redemptionCount } = place;
    const kind = `${bookId} ${redemptionCount} ${kindOf(command)}`;
    if (!outcomes.has(kind)) outcomes.set(kind, foresee(place, books.get(bookId)!, command, window));
    const outcome = outcomes.get(kind);
    if (!outcome) return null;
    const { state } = outcome;
    const { userId, actor } = command;
    const change = { id, book: order.get(bookId)!, userId, actorId: actor.id, redemptionCount, state };
    changes.push({ ...change, ...more(outcome, work) });
  }
  const types = new Set([...outcomes.values()].map((outcome) => outcome!.eventType));
  const [eventType] = types;
  if (!eventType || types.size > 1) return null;
  return {
    eventType,
    books: [...books].map(([id, { bookName }]) => ({ id, bookName })),
    changes,
    ...window,
  };
}
