import type { Database } from '../../../database/connection.ts';
import { deleteEmptyWebhooks } from '../queries.ts';
import { deleteOldDeliveries } from './queries.ts';

const AT_ONCE = 10_000;
/** Other chores wait meanwhile. More than is made in the time between two of these. */
const MAX_ROUNDS = 20;

/** Forgets old deliveries, and deleted webhooks with all of theirs, some at a time. */
export async function forgetDeliveries(db: Database, stopping: AbortSignal): Promise<void> {
  for (let round = 1; round <= MAX_ROUNDS && !stopping.aborted; round += 1)
    if ((await deleteOldDeliveries(db, AT_ONCE)) < AT_ONCE) break;
  await deleteEmptyWebhooks(db);
}
