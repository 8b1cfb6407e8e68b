import { sql } from 'kysely';
import type { Transaction } from './connection.ts';
import { onConnection } from './transaction.ts';

/** Longest one statement of bulk work runs, and longest it waits for a row that other bulk work is writing. */
const BULK_STATEMENT_MS = 600_000;

/**
 * The limits of a request do not fit bulk work: this transaction gets its own, and memory to sort in. They end with it.
 * @param inRequest somebody waits for it: it works as long as it takes, but waits for rows no longer than other requests
 */
export async function allowBulkWork(trx: Transaction, { inRequest = false } = {}): Promise<void> {
  await onConnection(trx, async (connection) => {
    connection.queryTimeoutMs = BULK_STATEMENT_MS + 2_000;
  });
  await sql`
    SELECT set_config('statement_timeout', ${String(BULK_STATEMENT_MS)}, true),
           set_config('lock_timeout', CASE WHEN ${inRequest} THEN current_setting('lock_timeout')
                                           ELSE ${String(BULK_STATEMENT_MS)} END, true),
           set_config('idle_in_transaction_session_timeout', '60s', true),
           set_config('work_mem', '64MB', true)`.execute(trx);
}
