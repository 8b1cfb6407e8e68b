import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { recordNotice } from '../../history/outgoing/queries.ts';
import { type Alert, deleteEndedAlerts, insertAlerts } from './queries.ts';

/**
 * Tells administrators' systems of books whose stock has become low or whose end is near: once, until that is no longer so. Several
 * processes may do it at once.
 */
export async function raiseAlerts(db: Database): Promise<void> {
  await inTransaction(db, async (trx) => {
    await deleteEndedAlerts(trx);
    for (const alert of await insertAlerts(trx))
      await recordNotice(trx, { type: `book.${alert.kind}`, bookId: alert.bookId, data: describe(alert) });
  });
}

function describe({ kind, bookName, unassigned, alertBelow, expiresAt, alertDaysBefore }: Alert) {
  return kind === 'stock_low'
    ? { bookName, unassigned, alertBelow }
    : { bookName, unassigned, expiresAt: expiresAt!.toISOString(), alertDaysBefore };
}
