import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { nameEvents, selectUnnamedForUpdateSkipLocked, updateNamedTo } from './queries.ts';

/** Events of one step: some tenths of a second. */
const STEP_EVENTS = 5_000;
/** Steps of one run, so that the other chores are not kept waiting. */
const STEPS = 10;

/**
 * Gives the events of earlier versions the names that they were written without (migration 0018): some at a time, each in a transaction
 * of its own, so that nobody waits; a run that is interrupted is gone on with by the next. What belongs to a coupon that is gone stays
 * without.
 */
export async function nameOldEvents(db: Database, stopping?: AbortSignal): Promise<void> {
  for (let step = 0; step < STEPS && !stopping?.aborted; step += 1) {
    const isDone = await inTransaction(db, async (trx) => {
      const unnamed = await selectUnnamedForUpdateSkipLocked(trx);
      if (!unnamed) return true;
      const range = {
        afterId: unnamed.namedTo,
        lastId: Math.min(unnamed.namedTo + STEP_EVENTS, unnamed.lastId),
      };
      await nameEvents(trx, range);
      await updateNamedTo(trx, range.lastId);
      return false;
    });
    if (isDone) return;
  }
}
