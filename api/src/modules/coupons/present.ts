import Type, { type Static } from 'typebox';
import type { ProblemCode } from '../../problem-codes.ts';
import { Problem } from '../../problems.ts';
import { component, metadata, nullable, page, ref, time, uuid } from '../../schemas.ts';
import {
  type Actor,
  type BookRules,
  type Coupon,
  currentState,
  lockEnd,
  permittedActions,
  type CouponEvent,
  redemptionsLeft,
} from './state.ts';

const state = Type.Enum(['UNASSIGNED', 'ASSIGNED', 'LOCKED', 'REDEEMED'], {
  description: 'a lock that has run out shows as ASSIGNED',
});

export const couponSchema = component('Coupon', {
  code: Type.String({ example: 'K7QX-2MPA-9RTB' }),
  bookId: uuid(),
  state,
  ownerId: nullable(uuid('the user it is assigned to')),
  assignedAt: nullable(time()),
  lockedAt: nullable(time()),
  lockExpiresAt: nullable(time('the lock ends by itself at this time; compare it with serverTime')),
  redeemedAt: nullable(time('of the latest redemption')),
  redemptionCount: Type.Integer(),
  redemptionsLeft: nullable(Type.Integer({ description: 'null: no limit' })),
  actions: Type.Array(Type.Enum(['assign', 'lock', 'unlock', 'redeem', 'unassign']), {
    description: 'what the caller may do with it now',
  }),
  serverTime: time("the database's clock, for countdowns"),
  metadata,
});

/** A coupon as `viewer` sees it at `now`. */
export function presentCoupon(
  row: Coupon,
  book: BookRules,
  viewer: Actor,
  now: Date,
): Static<typeof couponSchema> {
  const coupon = currentState(row, book, now);
  const locked = coupon.state === 'LOCKED';
  return {
    code: coupon.code,
    bookId: coupon.bookId,
    state: coupon.state,
    ownerId: coupon.assignedUserId,
    assignedAt: coupon.assignedAt?.toISOString() ?? null,
    lockedAt: coupon.lockedAt?.toISOString() ?? null,
    lockExpiresAt: locked ? lockEnd(coupon, book).toISOString() : null,
    redeemedAt: coupon.redeemedAt?.toISOString() ?? null,
    redemptionCount: coupon.redemptionCount,
    redemptionsLeft: redemptionsLeft(coupon, book),
    actions: permittedActions(coupon, book, viewer, now),
    serverTime: now.toISOString(),
    metadata: coupon.metadata,
  };
}

/** A refusal as the problem that is answered. */
export function refusalProblem(
  code: ProblemCode,
  coupon: Coupon,
  book: BookRules,
  viewer: Actor,
  now: Date,
): Problem {
  if (code !== 'invalid-state') return new Problem(code);
  const { state, actions } = presentCoupon(coupon, book, viewer, now);
  return new Problem(code, { reason: 'wrong-state', values: { state } }, { state, actions });
}

export const couponPage = page('CouponPage', ref(couponSchema));

/** Of a book, for an ADMIN: with whom it belongs to. */
export const bookCouponSchema = component('BookCoupon', {
  ...couponSchema.properties,
  ownerEmail: nullable(Type.String({ format: 'email' })),
});
export const bookCouponPage = page('BookCouponPage', ref(bookCouponSchema));

export const couponEventSchema = component('CouponEvent', {
  id: Type.Integer(),
  type: Type.Enum([
    'coupon.assigned',
    'coupon.locked',
    'coupon.unlocked',
    'coupon.lock_expired',
    'coupon.redeemed',
    'coupon.unassigned',
    'coupon.redemption_rolled_back',
  ]),
  userId: uuid('for whom'),
  actorId: nullable(uuid('who did it; null: time itself')),
  occurredAt: time(),
  data: nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
});

/** An event as it is read. One that an earlier version wrote has no names of its own, until it is given them. */
export type EventRow = Omit<CouponEvent, 'code' | 'bookName'> & { id: number };

export function presentEvent({
  id,
  type,
  userId,
  actorId,
  occurredAt,
  data,
}: EventRow): Static<typeof couponEventSchema> {
  return { id, type, userId, actorId, occurredAt: occurredAt.toISOString(), data };
}

export const couponEventPage = page('CouponEventPage', ref(couponEventSchema));
export { state as couponStateSchema };
