import type { Transaction } from '../../../database/connection.ts';
import { recordEvents } from '../../history/events/queries.ts';
import { lockCounters, lockCouponsById, releaseAssignments, updateCoupons } from '../queries.ts';
import { type Actor, currentState, decide } from '../state.ts';
import { sumCounters } from '../commands/settle.ts';

/** One assignment of one coupon, as its event tells. */
export interface Assignment {
  couponId: number;
  userId: string;
  assignedAt: Date;
}

/** What became of it: taken back now, or why not. */
export type Outcome = 'taken' | 'locked' | 'redeemed' | 'given-back' | 'reassigned';

/**
 * Takes coupons of a book back that are still as they were assigned: neither held nor spent, nor given back and assigned anew since.
 * @returns what became of each, with its code, in their order; a coupon that is gone counts as given back
 */
export async function takeBackMany(
  trx: Transaction,
  { bookId, actor, jobId }: { bookId: string; actor: Actor; jobId: string },
  assignments: readonly Assignment[],
): Promise<{ outcome: Outcome; code: string | null }[]> {
  // Counters before coupons, as everywhere.
  await lockCounters(trx, bookId, [...new Set(assignments.map(({ userId }) => userId))]);
  const coupons = await lockCouponsById(
    trx,
    assignments.map(({ couponId }) => couponId),
  );
  const changes: Parameters<typeof updateCoupons>[1][number][] = [];
  const events: Parameters<typeof recordEvents>[1][number][] = [];
  const released: { bookId: string; userId: string; count: number }[] = [];
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
      changes.push({ from: coupon.state, next: decision.next, now });
      events.push(...decision.events);
      released.push({ bookId, userId, count: 1 });
      return { outcome: 'taken', code };
    },
  );
  await updateCoupons(trx, changes);
  await recordEvents(trx, events, { jobId });
  await releaseAssignments(trx, sumCounters(released));
  return outcomes;
}
