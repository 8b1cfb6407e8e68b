import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { selectExpiredForUpdateSkipLocked } from './queries.ts';
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
      const coupons = await selectExpiredForUpdateSkipLocked(trx, SWEPT_AT_ONCE);
      const changes = coupons.flatMap((coupon) => {
        const decision = decide(coupon, coupon, { type: 'expire' }, coupon.now);
        return 'refusal' in decision ? [] : [{ from: coupon, now: coupon.now, ...decision }];
      });
      await storeOutcomes(trx, { changes });
      return coupons.length;
    });
    swept += count;
    full = count === SWEPT_AT_ONCE;
  }
  return swept;
}
