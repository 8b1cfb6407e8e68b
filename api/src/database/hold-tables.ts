import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { isTimeout } from './errors.ts';

/** Longest that one attempt makes others wait. Shorter than PostgreSQL's deadlock_timeout: it is we who step back. */
const ATTEMPT_MS = 200;
const PATIENCE_MS = 5_000;

/**
 * Begins a transaction that has tables for itself. Commands use tables in many orders, so whoever takes several one after the other
 * can deadlock with one that is half-way; this one lets go and tries again until it meets nobody.
 * @throws a time-out of PostgreSQL when somebody holds one of them for seconds, such as a backup: it is to be called again
 */
export async function beginHolding(client: pg.Client, tables: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(Math.random() * ATTEMPT_MS)) {
    await client.query('BEGIN');
    if (tables.length === 0) return;
    try {
      await client.query(`SET LOCAL statement_timeout = ${ATTEMPT_MS}`);
      await client.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
      await client.query('SET LOCAL statement_timeout = 0');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!isTimeout(error) || performance.now() > deadline) throw error;
    }
  }
}
