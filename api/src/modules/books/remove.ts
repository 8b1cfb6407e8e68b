import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { hasAssignments } from '../history/events/queries.ts';
import { deleteBook, selectBookForUpdate } from './queries.ts';

/**
 * Deletes a book of which nothing was ever given away. An assignment holds the book's row (KEY SHARE) until it commits, so the
 * lock here waits for those under way and stops new ones; only then is the trail asked, also about coupons that were unassigned. That
 * is a statement of its own: one snapshot before the wait would not show what committed during it.
 * @throws {Problem} not-found; in-use when a coupon was ever assigned
 */
export async function removeBook(trx: Transaction, id: string): Promise<void> {
  if (!(await selectBookForUpdate(trx, id))) throw new Problem('not-found', 'no-such-book');
  if (await hasAssignments(trx, id)) {
    throw new Problem('in-use');
  }
  await allowBulkWork(trx, { inRequest: true }); // 13 s for a million coupons
  await deleteBook(trx, id);
}
