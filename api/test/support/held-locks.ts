import { setTimeout as delay } from 'node:timers/promises';
import { PG_MIGRATE_LOCK_ID } from 'node-pg-migrate';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { rowsOf } from './stage.ts';

export interface HeldLock {
  /** Whether another transaction waits for it. */
  isWaitedFor: () => Promise<boolean>;
  /** How often others waited for it, by the time `work` was done. */
  countWaitsDuring: (work: Promise<unknown>) => Promise<number>;
  release: () => Promise<unknown>;
  /** Breaks the connections of those who wait for it, as a database does that goes down. */
  breakWaiting: () => Promise<unknown>;
}

/** Locks a coupon's row in a transaction of the test's own, as a slow one of somebody else would. */
export function holdCoupon(databaseUrl: string, code: string): Promise<HeldLock> {
  return hold(databaseUrl, 'SELECT FROM coupons WHERE code = $1 FOR UPDATE', [code]);
}

/** The same for the counters of a book: of everybody who has one. */
export function holdCounters(databaseUrl: string, bookId: string): Promise<HeldLock> {
  return hold(databaseUrl, 'SELECT FROM book_user_counters WHERE book_id = $1 FOR UPDATE', [bookId]);
}

/** The same for a row of the audit trail. */
export function holdEvent(databaseUrl: string, id: number): Promise<HeldLock> {
  return hold(databaseUrl, 'SELECT FROM events WHERE id = $1 FOR UPDATE', [id]);
}

/** Locks the whole table, so that nothing gets at any coupon. */
export function holdAllCoupons(databaseUrl: string): Promise<HeldLock> {
  return hold(databaseUrl, 'LOCK TABLE coupons IN ACCESS EXCLUSIVE MODE', []);
}

/** The same for accounts. */
export function holdAllUsers(databaseUrl: string): Promise<HeldLock> {
  return hold(databaseUrl, 'LOCK TABLE users IN ACCESS EXCLUSIVE MODE', []);
}

/** Keeps everybody from migrating, as another process that does. */
export function holdMigrations(databaseUrl: string): Promise<HeldLock> {
  // They ask again and again, and do not wait in the database.
  const asks = `query LIKE 'SELECT pg_try_advisory_lock(%' AND $1::int IS NOT NULL`;
  return hold(databaseUrl, 'SELECT pg_advisory_xact_lock($1)', [PG_MIGRATE_LOCK_ID], asks);
}

/** Keeps everybody from making the first administrator. */
export function holdFirstAdmin(databaseUrl: string): Promise<HeldLock> {
  return hold(databaseUrl, `SELECT pg_advisory_xact_lock(hashtext('first_admin'))`, []);
}

/** @param waits which sessions wait for the one with the process id $1 */
async function hold(
  databaseUrl: string,
  statement: string,
  values: unknown[],
  waits = '$1 = ANY(pg_blocking_pids(pid))',
): Promise<HeldLock> {
  const client = new pg.Client(databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  await client.query('BEGIN');
  await client.query(statement, values);
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return {
    async isWaitedFor() {
      const [{ waiting }] = await rowsOf<{ waiting: boolean }>(
        databaseUrl,
        `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${waits}) AS waiting`,
        [rows[0]!.pid],
      );
      return waiting;
    },
    async countWaitsDuring(work) {
      const seen = new Set<string>();
      let isOver = false;
      const end = () => void (isOver = true);
      work.then(end, end);
      while (!isOver) {
        const now = await rowsOf<{ wait: string }>(
          databaseUrl,
          `SELECT pid || ' since ' || query_start AS wait FROM pg_stat_activity WHERE datname = current_database() AND ${waits}`,
          [rows[0]!.pid],
        );
        for (const { wait } of now) seen.add(wait);
        await delay(20);
      }
      return seen.size;
    },
    release: () => client.query('ROLLBACK'),
    breakWaiting: () =>
      rowsOf(
        databaseUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND ${waits}`,
        [rows[0]!.pid],
      ),
  };
}
