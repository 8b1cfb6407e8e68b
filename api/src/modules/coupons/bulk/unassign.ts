import type { Transaction } from '../../../database/connection.ts';
import { selectCountersForUpdate } from '../counters.ts';
import { selectCouponsForUpdate } from '../queries.ts';
import { type Actor, currentState, decide } from '../state.ts';
import { type Change, storeOutcomes } from '../store.ts';

/** One assignment of one coupon, as its event tells. */
export interface Assignment {
  couponId: number;
  userId: string;
  assignedAt: Date;
}

/** What became of it: unassigned now, or why not. */
export type Outcome = 'taken' | 'locked' | 'redeemed' | 'given-back' | 'reassigned';

/**
 * Takes coupons of a book back that are still as they were assigned: neither held nor spent, nor given back and assigned anew since.
 * @returns what became of each, with its code, in their order; a coupon that is gone counts as given back
 */
export async function unassignMany(
  trx: Transaction,
  { bookId, actor, jobId }: { bookId: string; actor: Actor; jobId: string },
  assignments: readonly Assignment[],
): Promise<{ outcome: Outcome; code: string | null }[]> {
  // Counters before coupons, as everywhere.
  await selectCountersForUpdate(trx, bookId, [...new Set(assignments.map(({ userId }) => userId))]);
  const coupons = await selectCouponsForUpdate(
    trx,
    assignments.map(({ couponId }) => ({ bookId, id: couponId })),
  );
  const changes: Change[] = [];
  const outcomes = assignments.map(
    ({ couponId, userId, assignedAt }): { outcome: Outcome; code: string | null } => {
      const coupon = coupons.get(couponId);
      if (!coupon) return { outcome: 'given-back', code: null };
      const { code, now } = coupon;
      if (coupon.assignedUserId === null) return { outcome: 'given-back', code };
      if (coupon.assignedUserId !== userId || coupon.assignedAt!.getTime() !== assignedAt.getTime()) {
        return { outcome: 'reassigned', code };
      }
      if (coupon.redemptionCount > 0) return { outcome: 'redeemed', code };
      const decision = decide(coupon, coupon, { type: 'unassign', actor }, now);
      if ('refusal' in decision)
        return {
          outcome: currentState(coupon, coupon, now).state === 'LOCKED' ? 'locked' : 'redeemed',
          code,
        };
      changes.push({ from: coupon, now, ...decision });
      return { outcome: 'taken', code };
    },
  );
  await storeOutcomes(trx, { changes, jobId });
  return outcomes;
}
