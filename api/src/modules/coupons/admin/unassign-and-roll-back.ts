import type { Transaction } from '../../../database/connection.ts';
import { Problem } from '../../../problems.ts';
import { selectCountersForUpdate } from '../counters.ts';
import { refusalProblem } from '../present.ts';
import {
  type CouponInBook,
  findCoupon,
  findRedemption,
  type Place,
  selectCouponsForUpdate,
} from '../queries.ts';
import { type Actor, type Command, type Coupon, decide } from '../state.ts';
import { storeOutcomes } from '../store.ts';

/**
 * Takes an ASSIGNED coupon from its owner: it can be assigned anew, and no longer counts for the owner's limit.
 * @throws {Problem} not-found; invalid-state when somebody holds or has spent it
 */
export async function unassignCoupon(
  trx: Transaction,
  actor: Actor,
  code: string,
): Promise<{ next: Coupon; book: CouponInBook }> {
  const seen = await findCoupon(trx, code);
  if (!seen) throw new Problem('not-found', 'no-such-coupon');
  // Counters before coupons, as everywhere; whose counter it is, only an unlocked look can tell.
  const { bookId, assignedUserId: owner } = seen;
  if (owner) await selectCountersForUpdate(trx, bookId, [owner]);
  const { coupon, next } = await change(trx, seen, { type: 'unassign', actor });
  if (coupon.assignedUserId !== owner) {
    throw new Problem('conflict', 'changed-hands', { retryAfter: 1 });
  }
  return { next, book: coupon };
}

/**
 * Undoes one redemption, once: a row in the history says so, and the coupon can be used again.
 * @throws {Problem} not-found; conflict when it was rolled back before
 */
export async function rollBackRedemption(
  trx: Transaction,
  actor: Actor,
  redemptionId: number,
  reason: string,
): Promise<{ next: Coupon; book: CouponInBook }> {
  const place = (await findRedemption(trx, redemptionId))?.place;
  if (!place) throw new Problem('not-found', 'no-such-redemption');
  await selectCouponsForUpdate(trx, [place]);
  // Again, now that nobody else can roll it back.
  const { redemption } = (await findRedemption(trx, redemptionId))!;
  if (redemption.rolledBack) throw new Problem('conflict', 'rolled-back-before');
  const { coupon, next } = await change(trx, place, { type: 'rollback', actor, reason, redemption });
  return { next, book: coupon };
}

/** One command on one coupon: selected for update, decided and stored like any other. */
async function change(
  trx: Transaction,
  place: Place,
  command: Command & { actor: Actor },
): Promise<{ coupon: CouponInBook; next: Coupon }> {
  const coupon = (await selectCouponsForUpdate(trx, [place])).get(place.id);
  if (!coupon) throw new Problem('not-found', 'no-such-coupon');
  const decision = decide(coupon, coupon, command, coupon.now);
  if ('refusal' in decision)
    throw refusalProblem(decision.refusal, coupon, coupon, command.actor, coupon.now);
  await storeOutcomes(trx, { changes: [{ from: coupon, now: coupon.now, ...decision }] });
  return { coupon, next: decision.next };
}
