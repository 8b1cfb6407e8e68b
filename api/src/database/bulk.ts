import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import pgCopy from 'pg-copy-streams';
import { type PooledConnection, type Transaction } from './connection.ts';
import { isOutage } from './errors.ts';

/** Longest one statement of bulk work runs, and longest it waits for a row that other bulk work is writing. */
const BULK_STATEMENT_MS = 600_000;

/** The limits of a request do not fit bulk work: this transaction gets its own, and memory to sort in. They end with it. */
export async function allowBulkWork(trx: Transaction): Promise<void> {
  await onConnection(trx, async (connection) => {
    connection.queryTimeoutMs = BULK_STATEMENT_MS + 2_000;
  });
  await sql`
    SELECT set_config('statement_timeout', ${String(BULK_STATEMENT_MS)}, true),
           set_config('lock_timeout', ${String(BULK_STATEMENT_MS)}, true),
           set_config('idle_in_transaction_session_timeout', '60s', true),
           set_config('work_mem', '64MB', true)`.execute(trx);
}

/**
 * Runs a `COPY … FROM STDIN` inside the transaction, fed by `rows`. When `rows` throws, the COPY fails and so does the transaction.
 * @param statement of constant text
 * @returns how many rows were copied
 */
export async function copyFrom(
  trx: Transaction,
  statement: string,
  rows: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
): Promise<number> {
  return onConnection(trx, async (connection) => {
    const copy = Object.assign(pgCopy.from(statement), { query_timeout: connection.queryTimeoutMs });
    try {
      await pipeline(rows, connection.client.query(copy));
    } catch (error) {
      connection.broken ||= isOutage(error);
      throw error;
    }
    return copy.rowCount;
  });
}

/** Kysely hands out the one connection of a transaction only through its executor. */
function onConnection<T>(trx: Transaction, work: (connection: PooledConnection) => Promise<T>): Promise<T> {
  return trx.getExecutor().provideConnection((connection) => work(connection as PooledConnection));
}
