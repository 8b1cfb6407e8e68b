import type { Transaction } from '../../../database/connection.ts';
import { Problem } from '../../../problems.ts';
import { recordEvents } from '../../history/events/queries.ts';
import { refusalProblem } from '../commands/settle.ts';
import {
  type CouponInBook,
  findCoupon,
  findRedemption,
  insertRollback,
  lockCounters,
  lockCoupons,
  releaseAssignments,
  updateCoupons,
} from '../queries.ts';
import { type Actor, type Command, type Coupon, decide } from '../state.ts';

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
  if (!seen) throw new Problem('not-found', 'There is no such coupon.');
  const counter = { bookId: seen.bookId, userId: seen.assignedUserId, count: 1 };
  // Counters before coupons, as everywhere; whose counter it is, only an unlocked look can tell.
  if (counter.userId) await lockCounters(trx, counter.bookId, [counter.userId]);
  const { coupon, next } = await change(trx, code, { type: 'unassign', actor });
  if (coupon.assignedUserId !== counter.userId) {
    throw new Problem('conflict', 'The coupon changed hands at this moment. Try again.', { retryAfter: 1 });
  }
  await releaseAssignments(trx, [{ ...counter, userId: counter.userId! }]);
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
  const code = (await findRedemption(trx, redemptionId))?.code;
  if (!code) throw new Problem('not-found', 'There is no such redemption.');
  await lockCoupons(trx, [code]);
  // Again, now that nobody else can roll it back.
  const redemption = (await findRedemption(trx, redemptionId))!;
  if (redemption.rolledBack) throw new Problem('conflict', 'The redemption has been rolled back already.');
  const { coupon, next } = await change(trx, code, { type: 'rollback', actor, reason, redemption });
  await insertRollback(trx, redemptionId, { actorId: actor.id, reason, now: coupon.now });
  return { next, book: coupon };
}

/** One command on one coupon: locked, decided and stored like any other. */
async function change(
  trx: Transaction,
  code: string,
  command: Command & { actor: Actor },
): Promise<{ coupon: CouponInBook; next: Coupon }> {
  const coupon = (await lockCoupons(trx, [code])).get(code);
  if (!coupon) throw new Problem('not-found', 'There is no such coupon.');
  const decision = decide(coupon, coupon, command, coupon.now);
  if ('refusal' in decision)
    throw refusalProblem(decision.refusal, coupon, coupon, command.actor, coupon.now);
  await updateCoupons(trx, [{ from: coupon.state, next: decision.next, now: coupon.now }]);
  await recordEvents(trx, decision.events);
  return { coupon, next: decision.next };
}
