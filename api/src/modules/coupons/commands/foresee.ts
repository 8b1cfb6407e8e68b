import { isDeepStrictEqual } from 'node:util';
import { presentCoupon } from '../present.ts';
import { type BookRules, type Coupon, decide, type Decision, type EventType } from '../state.ts';
import type { SubmittedCommand } from './command.ts';

// `decide` is asked before anything is known of a coupon but what is expected of it, about the first and the last moment at which the
// coupon may be found to be so. The statements of `store-foreseen.ts` carry out what it says. Each of them can do a few things; when
// `decide` says anything else, there is no outcome, and the usual way is gone.

/** The time in which commands are expected to be decided, by the clock of the database. */
export interface Window {
  earliest: Date;
  latest: Date;
}

/** What `decide` has to know of a command. */
type Wish = Pick<SubmittedCommand, 'actor' | 'userId' | 'metadata'>;

/** What becomes of a free coupon that is given to somebody, besides its owner and its time. */
export interface AssignmentOutcome {
  state: Coupon['state'];
  eventType: EventType;
}

/**
 * What `decide` makes of a free coupon of a book for each of some commands.
 * @returns null when it refuses one, or when it does more than give the coupon an owner, a time, a state and one event
 */
export function foreseeAssignment(
  bookId: string,
  book: BookRules & { now: Date },
  commands: readonly Pick<Wish, 'actor' | 'userId'>[],
): AssignmentOutcome | null {
  const free = { ...FREE, bookId };
  // What the rules can see of actor and user, once each.
  const kinds = new Map(commands.map((one) => [kindOf(one), one]));
  return onlyOne(
    [...kinds.values()].map(({ actor, userId }) => {
      const { now } = book;
      const decision = decide(free, book, { type: 'assign', actor, userId, assigned: 0 }, now);
      if ('refusal' in decision) return null;
      const { state } = decision.next;
      const next = { ...free, state, assignedUserId: userId, assignedAt: now };
      return plainly(decision, next, { ...told(free, book, { actor, userId }, now), data: null }, { state });
    }),
  );
}

/** Answers that are known but for what only the statement knows that gives the coupons. */
export interface ForeseenAnswers {
  /** For `format` of PostgreSQL: 1 stands for the code, 2 for the owner, 3 for the time. */
  templates: string[];
  /** Which of them is the answer to each command, from 1. */
  templateOf: number[];
}

/** How such an answer begins: what stands for a code and for an owner is no text of anything else in it. */
const [CODE, OWNER, ACTOR] = ['<code>', '<owner>', '<actor>'];

/** What those who are given free coupons of a book are answered, if the coupons were never redeemed and have no metadata. */
export function foreseeAnswers(
  bookId: string,
  book: BookRules & { now: Date },
  { state }: AssignmentOutcome,
  commands: readonly Pick<Wish, 'actor' | 'userId'>[],
): ForeseenAnswers {
  const { now } = book;
  const coupon = { ...FREE, bookId, code: CODE, state, assignedUserId: OWNER, assignedAt: now };
  const kinds = new Map<string, number>();
  const templates: string[] = [];
  const templateOf = commands.map((command) => {
    const kind = kindOf(command);
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    const { actor, userId } = command;
    const viewer = { role: actor.role, id: actor.id === userId ? OWNER : ACTOR };
    templates.push(
      JSON.stringify(presentCoupon(coupon, book, viewer, now))
        .replaceAll('%', '%%')
        .replaceAll(CODE, '%1$s')
        .replaceAll(OWNER, '%2$s')
        .replaceAll(now.toISOString(), '%3$s'),
    );
    kinds.set(kind, templates.length);
    return templates.length;
  });
  return { templates, templateOf };
}

/** What becomes of a coupon that is locked by its owner, besides its holder and its time. */
export interface LockOutcome {
  state: Coupon['state'];
  eventType: EventType;
  /** How long the lock lasts; null: until `until`. */
  lastsMs: number | null;
  until: Date | null;
}

/** The state that is expected of a coupon that somebody locks. */
export const TO_LOCK = 'ASSIGNED';

/** What `decide` makes of an assigned coupon for its owner. @returns null as `foreseeAssignment` */
export function foreseeLock(
  place: { bookId: string; redemptionCount: number },
  book: BookRules,
  wish: Wish,
  { earliest, latest }: Window,
): LockOutcome | null {
  const { actor, userId } = wish;
  const coupon = ownedCoupon(place, userId, { state: TO_LOCK });
  const at = (now: Date) => {
    const decision = decide(coupon, book, { type: 'lock', actor, userId }, now);
    if ('refusal' in decision || !decision.next.lockExpiresAt) return null;
    const { state, lockExpiresAt } = decision.next;
    const next = { ...coupon, state, lockedByUserId: userId, lockedAt: now, lockExpiresAt };
    const data = { lockExpiresAt: lockExpiresAt.toISOString() };
    return plainly(decision, next, { ...told(coupon, book, wish, now), data }, { state, lockExpiresAt });
  };
  const [first, last] = [at(earliest), at(latest)];
  if (!first || !last || first.state !== last.state || first.eventType !== last.eventType) return null;
  const { state, eventType, lockExpiresAt } = first;
  const lastsMs = lockExpiresAt.getTime() - earliest.getTime();
  if (lastsMs === last.lockExpiresAt.getTime() - latest.getTime())
    return { state, eventType, lastsMs, until: null };
  const isFixed = lockExpiresAt.getTime() === last.lockExpiresAt.getTime();
  return isFixed ? { state, eventType, lastsMs: null, until: lockExpiresAt } : null;
}

/** What becomes of a coupon that is redeemed, besides that it is not locked any more, the time, and one redemption more. */
export interface RedemptionOutcome {
  state: Coupon['state'];
  eventType: EventType;
}

/** The state that is expected of a coupon that somebody redeems. */
export const TO_REDEEM = 'LOCKED';

/** A lock that ends after the window: that of a coupon that is redeemed in it is to end no sooner. */
export const endOfLock = ({ latest }: Window) => new Date(latest.getTime() + 1);

/** What the trail says of a redemption. */
export const redemptionData = (redemptionCount: number, state: Coupon['state'], { metadata }: Wish) => ({
  redemptionCount: redemptionCount + 1,
  state,
  metadata,
});

/** What `decide` makes of a coupon that its owner has locked until `endOfLock`. @returns null as `foreseeAssignment` */
export function foreseeRedemption(
  place: { bookId: string; redemptionCount: number },
  book: BookRules,
  wish: Wish,
  window: Window,
): RedemptionOutcome | null {
  const { actor, userId, metadata } = wish;
  const coupon = ownedCoupon(place, userId, {
    state: TO_REDEEM,
    lockedByUserId: userId,
    lockedAt: SOMETIME,
    lockExpiresAt: endOfLock(window),
  });
  const at = (now: Date) => {
    const decision = decide(coupon, book, { type: 'redeem', actor, userId, metadata }, now);
    if ('refusal' in decision) return null;
    const { state } = decision.next;
    const { redemptionCount } = coupon;
    const next = { ...coupon, ...NOT_LOCKED, state, redeemedAt: now, redemptionCount: redemptionCount + 1 };
    const data = redemptionData(redemptionCount, state, wish);
    return plainly(decision, next, { ...told(coupon, book, wish, now), data }, { state });
  };
  return onlyOne([at(window.earliest), at(window.latest)]);
}

/** What the rules can see of actor and user: whatever else is the same, `decide` says the same of those who share it. */
export const kindOf = ({ actor, userId }: Pick<Wish, 'actor' | 'userId'>) =>
  `${actor.role} ${actor.id === userId}`;

/** The outcome that all came to, if they did. */
function onlyOne<T>(outcomes: readonly (T | null)[]): T | null {
  const [first] = outcomes;
  return outcomes.every((outcome) => isDeepStrictEqual(outcome, first)) ? (first ?? null) : null;
}

/** The outcome, and the type of the event, when a decision is nothing but this. */
function plainly<T>(
  decision: Extract<Decision, { next: Coupon }>,
  next: Coupon,
  event: object,
  outcome: T,
): (T & { eventType: EventType }) | null {
  const { type } = decision.events[0]!;
  return isDeepStrictEqual(decision, { next, events: [{ ...event, type }] })
    ? { ...outcome, eventType: type }
    : null;
}

function told(coupon: Coupon, book: BookRules, { actor, userId }: Pick<Wish, 'actor' | 'userId'>, now: Date) {
  const { id: couponId, code, bookId } = coupon;
  const { bookName } = book;
  return { couponId, code, bookId, bookName, userId, actorId: actor.id, occurredAt: now };
}

/** What is not expected of a coupon, because the rules let it be; decide carries it over. */
const SOMETIME = new Date(0);

const NOT_LOCKED = { lockedByUserId: null, lockedAt: null, lockExpiresAt: null };

const FREE: Omit<Coupon, 'bookId'> = {
  id: 0,
  code: 'FREE',
  state: 'UNASSIGNED',
  assignedUserId: null,
  assignedAt: null,
  ...NOT_LOCKED,
  redeemedAt: null,
  redemptionCount: 0,
  metadata: {},
};

const ownedCoupon = (
  { bookId, redemptionCount }: { bookId: string; redemptionCount: number },
  userId: string,
  more: Partial<Coupon> & Pick<Coupon, 'state'>,
): Coupon => ({
  ...FREE,
  bookId,
  assignedUserId: userId,
  assignedAt: SOMETIME,
  redemptionCount,
  redeemedAt: redemptionCount > 0 ? SOMETIME : null,
  ...more,
});
