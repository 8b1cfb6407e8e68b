import type { CouponState, UserRole } from '../../database/types.ts';

/** A coupon as its row holds it. Times are the database's, in milliseconds. */
export interface Coupon {
  id: number;
  bookId: string;
  code: string;
  state: CouponState;
  assignedUserId: string | null;
  assignedAt: Date | null;
  lockedByUserId: string | null;
  lockedAt: Date | null;
  lockExpiresAt: Date | null;
  redeemedAt: Date | null;
  redemptionCount: number;
  metadata: Record<string, unknown>;
}

/** What of a book the rules look at, and its name for the trail. */
export interface BookRules {
  bookName: string;
  startsAt: Date | null;
  expiresAt: Date | null;
  archivedAt: Date | null;
  maxAssignmentsPerUser: number | null;
  maxRedemptions: number | null;
  lockTtlSeconds: number;
}

/** Who gives a command; an ADMIN may give it for a user. */
export interface Actor {
  id: string;
  role: UserRole;
}

interface ByActor {
  actor: Actor;
  /** For whom. */
  userId: string;
}

export type Command =
  | ({ type: 'assign'; /** Coupons of the book given to the user so far. */ assigned: number } & ByActor)
  | ({ type: 'lock' | 'unlock' } & ByActor)
  | ({ type: 'redeem'; metadata: Record<string, unknown> } & ByActor)
  | { type: 'unassign'; actor: Actor }
  | { type: 'rollback'; actor: Actor; reason: string; redemption: RedemptionToRollBack }
  | { type: 'expire' };

/** A redemption that an ADMIN wants undone, and what the history says of it. */
export interface RedemptionToRollBack {
  id: number;
  userId: string;
  rolledBack: boolean;
  /** When the coupon was redeemed before, of what is still valid; null: never. */
  redeemedBeforeAt: Date | null;
}

export type EventType =
  | 'coupon.assigned'
  | 'coupon.locked'
  | 'coupon.unlocked'
  | 'coupon.lock_expired'
  | 'coupon.redeemed'
  | 'coupon.unassigned'
  | 'coupon.redemption_rolled_back';

/** What one transition leaves in the audit trail. */
export interface CouponEvent {
  type: EventType;
  couponId: number;
  /** The code and the name of the book as they were at that time: the trail names what was given by itself. */
  code: string;
  bookId: string;
  bookName: string;
  userId: string;
  /** Null: time itself. */
  actorId: string | null;
  occurredAt: Date;
  data: Record<string, unknown> | null;
}

export type RefusalCode =
  | 'invalid-state'
  | 'not-locked'
  | 'already-redeemed'
  | 'not-your-coupon'
  | 'not-your-lock'
  | 'assignment-limit-reached'
  | 'already-assigned'
  | 'book-not-active'
  | 'lock-expired'
  | 'forbidden'
  | 'conflict';

export type Decision = { next: Coupon; events: CouponEvent[] } | { refusal: RefusalCode };

/**
 * The only place that knows the rules: what a command makes of a coupon, or why not. Pure; `now` is the database's clock, read
 * while the coupon's row was locked.
 */
export function decide(coupon: Coupon, book: BookRules, command: Command, now: Date): Decision {
  const expired = expire(coupon, book, now);
  if (command.type === 'expire') return expired ?? { refusal: 'invalid-state' };
  const current = expired?.next ?? coupon;
  const decision = apply(current, book, command, now);
  if ('refusal' in decision || !expired) return decision;
  return { next: decision.next, events: [...expired.events, ...decision.events] };
}

/** A LOCKED coupon whose lock has run out *is* ASSIGNED, whether or not that has been written down. */
export function currentState(coupon: Coupon, book: BookRules, now: Date): Coupon {
  return expire(coupon, book, now)?.next ?? coupon;
}

/**
 * When a lock ends: never later than its book. Locks are written so; this also covers one that was taken at the very moment at which
 * the end of the book was moved to an earlier time.
 */
export function lockEnd({ lockExpiresAt }: Coupon, book: BookRules): Date {
  return earlier(lockExpiresAt!, book.expiresAt);
}

const earlier = (time: Date, other: Date | null) => (other && other < time ? other : time);

/** Why nobody can be given a coupon of this book, or this user no further one; null when they can. */
export function refuseAssignment(book: BookRules, assigned: number, now: Date): RefusalCode | null {
  if (!isActive(book, now)) return 'book-not-active';
  if (book.maxAssignmentsPerUser !== null && assigned >= book.maxAssignmentsPerUser)
    return 'assignment-limit-reached';
  return null;
}

/** Inside its dates (the end is exclusive) and not archived. */
function isActive(book: BookRules, now: Date): boolean {
  return (
    !book.archivedAt && (!book.startsAt || book.startsAt <= now) && (!book.expiresAt || now < book.expiresAt)
  );
}

/** Redemptions left on a coupon; null: no limit. */
export function redemptionsLeft(coupon: Coupon, book: BookRules): number | null {
  if (coupon.state === 'REDEEMED') return 0;
  return book.maxRedemptions === null ? null : Math.max(0, book.maxRedemptions - coupon.redemptionCount);
}

export const ACTIONS = ['assign', 'lock', 'unlock', 'redeem', 'unassign'] as const;
export type Action = (typeof ACTIONS)[number];

/** What `viewer` may do with the coupon now; an ADMIN does it for the owner. The same table as `decide`, by asking it. */
export function permittedActions(coupon: Coupon, book: BookRules, viewer: Actor, now: Date): Action[] {
  const userId = viewer.role === 'ADMIN' ? (coupon.assignedUserId ?? viewer.id) : viewer.id;
  return ACTIONS.filter((type) => {
    const command = { type, actor: viewer, userId, assigned: 0, metadata: {} } as Command;
    return !('refusal' in decide(coupon, book, command, now));
  });
}

function expire(coupon: Coupon, book: BookRules, now: Date): { next: Coupon; events: CouponEvent[] } | null {
  if (coupon.state !== 'LOCKED') return null;
  const end = lockEnd(coupon, book);
  if (end > now) return null;
  return {
    // lockExpiresAt stays: a later "redeem" is told that the lock ran out, not that there was none.
    next: { ...coupon, state: 'ASSIGNED', lockedByUserId: null, lockedAt: null },
    events: [event('coupon.lock_expired', coupon, book, coupon.lockedByUserId!, null, end)],
  };
}

function apply(
  coupon: Coupon,
  book: BookRules,
  command: Exclude<Command, { type: 'expire' }>,
  now: Date,
): Decision {
  switch (command.type) {
    case 'assign':
      return assign(coupon, book, command, now);
    case 'lock':
      return lock(coupon, book, command, now);
    case 'unlock':
      return unlock(coupon, book, command, now);
    case 'redeem':
      return redeem(coupon, book, command, now);
    case 'unassign':
      return unassign(coupon, book, command.actor, now);
    case 'rollback':
      return rollBack(coupon, book, command, now);
  }
}

function assign(
  coupon: Coupon,
  book: BookRules,
  command: ByActor & { assigned: number },
  now: Date,
): Decision {
  const { actor, userId } = command;
  if (coupon.state !== 'UNASSIGNED') {
    // To a USER, a coupon of somebody else must look like one that does not exist.
    const foreign = actor.role === 'USER' && coupon.assignedUserId !== userId;
    return { refusal: foreign ? 'not-your-coupon' : 'already-assigned' };
  }
  const refusal = refuseAssignment(book, command.assigned, now);
  if (refusal) return { refusal };
  return {
    next: { ...coupon, state: 'ASSIGNED', assignedUserId: userId, assignedAt: now },
    events: [event('coupon.assigned', coupon, book, userId, actor.id, now)],
  };
}

function lock(coupon: Coupon, book: BookRules, { actor, userId }: ByActor, now: Date): Decision {
  const stranger = refuseStranger(coupon, actor, userId);
  if (stranger) return { refusal: stranger };
  if (coupon.state === 'REDEEMED') return { refusal: 'invalid-state' };
  if (!isActive(book, now)) return { refusal: 'book-not-active' };
  if (coupon.state !== 'ASSIGNED') return { refusal: 'invalid-state' };
  if (redemptionsLeft(coupon, book) === 0) return { refusal: 'already-redeemed' };
  const lockExpiresAt = earlier(new Date(now.getTime() + book.lockTtlSeconds * 1000), book.expiresAt);
  return {
    next: { ...coupon, state: 'LOCKED', lockedByUserId: userId, lockedAt: now, lockExpiresAt },
    events: [
      event('coupon.locked', coupon, book, userId, actor.id, now, {
        lockExpiresAt: lockExpiresAt.toISOString(),
      }),
    ],
  };
}

/** Giving a lock back needs no active book: it ends something, and leaves nothing hanging when a book closes. */
function unlock(coupon: Coupon, book: BookRules, { actor, userId }: ByActor, now: Date): Decision {
  if (actor.role !== 'ADMIN') {
    const stranger = refuseStranger(coupon, actor, userId);
    if (stranger) return { refusal: stranger };
  }
  if (coupon.state !== 'LOCKED') return { refusal: 'invalid-state' };
  if (userId !== coupon.lockedByUserId && userId !== actor.id) return { refusal: 'not-your-lock' };
  return {
    next: { ...coupon, state: 'ASSIGNED', lockedByUserId: null, lockedAt: null, lockExpiresAt: null },
    events: [event('coupon.unlocked', coupon, book, coupon.lockedByUserId!, actor.id, now)],
  };
}

function redeem(
  coupon: Coupon,
  book: BookRules,
  { actor, userId, metadata }: ByActor & { metadata: Record<string, unknown> },
  now: Date,
): Decision {
  const stranger = refuseStranger(coupon, actor, userId);
  if (stranger)
    return { refusal: coupon.state === 'LOCKED' && actor.role === 'ADMIN' ? 'not-your-lock' : stranger };
  if (coupon.state === 'UNASSIGNED') return { refusal: 'invalid-state' };
  if (redemptionsLeft(coupon, book) === 0) return { refusal: 'already-redeemed' };
  if (!isActive(book, now)) return { refusal: 'book-not-active' };
  if (coupon.state !== 'LOCKED') return { refusal: coupon.lockExpiresAt ? 'lock-expired' : 'not-locked' };
  if (coupon.lockedByUserId !== userId) return { refusal: 'not-your-lock' };
  const redemptionCount = coupon.redemptionCount + 1;
  const left = redemptionsLeft({ ...coupon, redemptionCount }, book);
  const state = left === 0 ? 'REDEEMED' : 'ASSIGNED';
  return {
    next: {
      ...coupon,
      state,
      lockedByUserId: null,
      lockedAt: null,
      lockExpiresAt: null,
      redeemedAt: now,
      redemptionCount,
    },
    events: [
      event('coupon.redeemed', coupon, book, userId, actor.id, now, {
        redemptionCount,
        state,
        metadata,
      }),
    ],
  };
}

/** Takes a coupon back that nobody holds at a checkout; what it was redeemed before stays redeemed. */
function unassign(coupon: Coupon, book: BookRules, actor: Actor, now: Date): Decision {
  if (actor.role !== 'ADMIN') return { refusal: 'forbidden' };
  if (coupon.state !== 'ASSIGNED') return { refusal: 'invalid-state' };
  return {
    next: { ...coupon, state: 'UNASSIGNED', assignedUserId: null, assignedAt: null, lockExpiresAt: null },
    events: [event('coupon.unassigned', coupon, book, coupon.assignedUserId!, actor.id, now)],
  };
}

/** Undoes one redemption, once. Used up, the coupon is ASSIGNED again; otherwise it stays where it is, with one more left. */
function rollBack(
  coupon: Coupon,
  book: BookRules,
  { actor, reason, redemption }: { actor: Actor; reason: string; redemption: RedemptionToRollBack },
  now: Date,
): Decision {
  if (actor.role !== 'ADMIN') return { refusal: 'forbidden' };
  if (redemption.rolledBack) return { refusal: 'conflict' };
  const state = coupon.state === 'REDEEMED' ? 'ASSIGNED' : coupon.state;
  const redemptionCount = coupon.redemptionCount - 1;
  const data = { redemptionId: redemption.id, reason, redemptionCount, state };
  return {
    next: { ...coupon, state, redemptionCount, redeemedAt: redemption.redeemedBeforeAt },
    events: [event('coupon.redemption_rolled_back', coupon, book, redemption.userId, actor.id, now, data)],
  };
}

/** Only the owner; to a USER an unassigned coupon is as foreign as any other, an ADMIN may know that it has no owner. */
function refuseStranger(coupon: Coupon, actor: Actor, userId: string): RefusalCode | null {
  if (coupon.assignedUserId === userId) return null;
  return coupon.assignedUserId === null && actor.role === 'ADMIN' ? 'invalid-state' : 'not-your-coupon';
}

function event(
  type: EventType,
  { id, code, bookId }: Coupon,
  { bookName }: BookRules,
  userId: string,
  actorId: string | null,
  occurredAt: Date,
  data: Record<string, unknown> | null = null,
): CouponEvent {
  return { type, couponId: id, code, bookId, bookName, userId, actorId, occurredAt, data };
}
