import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import {
  deleteLockEnds,
  selectCouponsForUpdateSkipLocked,
  selectLockEndsForUpdateSkipLocked,
} from './queries.ts';
import { decide } from './state.ts';
import { storeOutcomes } from './store.ts';

const SWEPT_AT_ONCE = 1_000;

/**
 * Writes down locks that have run out, with their events. Only the record: reads and commands treat such a coupon as ASSIGNED
 * already. Several processes may sweep at once; each passes over what another holds.
 * @returns how many
 */
export async function sweepExpiredLocks(db: Database): Promise<number> {
  let swept = 0;
  for (let full = true; full;) {
    const count = await inTransaction(db, async (trx) => {
      const ends = await selectLockEndsForUpdateSkipLocked(trx, SWEPT_AT_ONCE);
      if (ends.length === 0) return 0;
      const places = new Map(ends.map(({ bookId, couponId }) => [couponId, { bookId, id: couponId }]));
      const coupons = await selectCouponsForUpdateSkipLocked(trx, [...places.values()]);
      const changes = [...coupons.values()].flatMap((coupon) => {
        const decision = decide(coupon, coupon, { type: 'expire' }, coupon.now);
        return 'refusal' in decision ? [] : [{ from: coupon, now: coupon.now, ...decision }];
      });
      await storeOutcomes(trx, { changes });
      swept += changes.length;
      return deleteLockEnds(trx, ends);
    });
    full = count === SWEPT_AT_ONCE;
  }
  return swept;
}
