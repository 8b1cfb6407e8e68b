import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { deleteBook, hasUsedCoupons, lockBookForDelete } from './queries.ts';

/**
 * Deletes a book of which nothing was ever given away. An assignment holds the book's row (KEY SHARE) until it commits, so the
 * lock here waits for those under way and stops new ones; only then is it looked whether any coupon has an owner. The look is a
 * statement of its own: one snapshot before the wait would not show what committed during it.
 * @throws {Problem} not-found; conflict when a coupon is in use
 */
export async function removeBook(trx: Transaction, id: string): Promise<void> {
  if (!(await lockBookForDelete(trx, id))) throw new Problem('not-found', 'There is no such book.');
  if (await hasUsedCoupons(trx, id)) {
    throw new Problem(
      'conflict',
      'Coupons of this book are in use, so it cannot be deleted. Archive it instead: PATCH { "archived": true }.',
    );
  }
  await allowBulkWork(trx); // 13 s for a million coupons
  await deleteBook(trx, id);
}
