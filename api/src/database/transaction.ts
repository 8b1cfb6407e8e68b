import { setTimeout as wait } from 'node:timers/promises';
import type { Database, Transaction } from './connection.ts';
import { isRetryable } from './errors.ts';

const MAX_ATTEMPTS = 5;

/**
 * Runs `work` in one transaction, and the whole of it again (5 times at most, with jitter) when the database rolled it
 * back for a deadlock or a conflict. A connection that breaks is never retried: the COMMIT may have arrived.
 */
export async function inTransaction<T>(db: Database, work: (trx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      await wait(Math.random() * 10 * 2 ** attempt);
    }
  }
}
