import { setTimeout as wait } from 'node:timers/promises';
import { type KyselyProps, Transaction as KyselyTransaction } from 'kysely';
import type { Database, Transaction } from './connection.ts';
import { isRetryable } from './errors.ts';
import type { PooledConnection } from './pooled-connection.ts';

const MAX_ATTEMPTS = 5;

export interface TransactionOptions {
  /**
   * Its statements are always the same and find few rows by index. They are planned once for each connection (where that has a session
   * of its own), and never by a plan that reads a whole table.
   */
  byIndex?: boolean;
  /** Only with `byIndex`: others stand behind it, so it gives up soon on a row that somebody else holds. */
  waitsLittle?: boolean;
}

/**
 * Runs `work` in one transaction, and the whole of it again (5 times at most, with jitter) when the database rolled it
 * back for a deadlock or a conflict. A connection that breaks is never retried: the COMMIT may have arrived.
 *
 * Statements that `work` issues without waiting for each other (`Promise.all`) are one round trip and run in the order in which they
 * were issued; BEGIN goes with the first.
 */
export async function inTransaction<T>(
  db: Database,
  work: (trx: Transaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(db, work, options);
    } catch (error) {
      if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      await wait(Math.random() * 10 * 2 ** attempt);
    }
  }
}

/** Kysely's own transactions send one statement at a time and wait for BEGIN and COMMIT alone. */
function runOnce<T>(
  db: Database,
  work: (trx: Transaction) => Promise<T>,
  { byIndex = false, waitsLittle = false }: TransactionOptions,
): Promise<T> {
  const executor = db.getExecutor();
  return executor.provideConnection(async (connection) => {
    const own = connection as PooledConnection;
    const provider = {
      provideConnection: <R>(use: (connection: PooledConnection) => Promise<R>) => use(own),
    };
    // Of these, a transaction uses only the executor.
    const unused = { config: {}, dialect: {}, driver: {} };
    const trx: Transaction = new KyselyTransaction({
      ...unused,
      executor: executor.withConnectionProvider(provider as never),
    } as KyselyProps);
    own.begin(byIndex ? (waitsLittle ? 'byIndexAlone' : 'byIndex') : 'plain');
    try {
      const result = await work(trx);
      await own.commit();
      return result;
    } catch (error) {
      await own.rollback();
      throw error;
    }
  });
}

/** The one connection of a transaction, which Kysely hands out only through its executor. */
export function onConnection<T>(
  trx: Transaction,
  use: (connection: PooledConnection) => Promise<T>,
): Promise<T> {
  return trx.getExecutor().provideConnection((connection) => use(connection as PooledConnection));
}

/**
 * The last statements of a transaction and its COMMIT in one round trip; then the transaction is over. What must hold for it to be
 * committed, the database has to say itself, by an error.
 */
export async function commitWith(trx: Transaction, statements: readonly Promise<unknown>[]): Promise<void> {
  await onConnection(trx, async (connection) => connection.commitWithNext());
  await Promise.all(statements);
}
