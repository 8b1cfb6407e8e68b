import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { recordEvents } from '../history/events/queries.ts';
import { lockExpiredCoupons, updateCoupons } from './queries.ts';
import { decide } from './state.ts';

const BATCH = 1_000;

/**
 * Writes down locks that have run out, with their events. Only the record: reads and commands treat such a coupon as ASSIGNED
 * already. Several processes may sweep at once; each passes over what another holds.
 * @returns how many
 */
export async function sweepExpiredLocks(db: Database): Promise<number> {
  let swept = 0;
  for (let full = true; full;) {
    const count = await inTransaction(db, async (trx) => {
      const coupons = await lockExpiredCoupons(trx, BATCH);
      const changes = coupons.flatMap((coupon) => {
        const decision = decide(coupon, coupon, { type: 'expire' }, coupon.now);
        return 'refusal' in decision ? [] : [{ from: coupon.state, now: coupon.now, ...decision }];
      });
      await updateCoupons(trx, changes);
      await recordEvents(
        trx,
        changes.flatMap(({ events }) => events),
      );
      return coupons.length;
    });
    swept += count;
    full = count === BATCH;
  }
  return swept;
}
