import pg from 'pg';
import { onTestFinished } from 'vitest';
import { rowsOf } from './stage.ts';

export interface RowLock {
  /** Whether another transaction waits for it. */
  isWaitedFor: () => Promise<boolean>;
  release: () => Promise<unknown>;
}

/** Locks a coupon's row in a transaction of the test's own, as a slow one of somebody else would. */
export function holdCoupon(databaseUrl: string, code: string): Promise<RowLock> {
  return hold(databaseUrl, 'SELECT FROM coupons WHERE code = $1 FOR UPDATE', [code]);
}

/** Locks the whole table, so that nothing gets at any coupon. */
export function holdAllCoupons(databaseUrl: string): Promise<RowLock> {
  return hold(databaseUrl, 'LOCK TABLE coupons IN ACCESS EXCLUSIVE MODE', []);
}

async function hold(databaseUrl: string, statement: string, values: unknown[]): Promise<RowLock> {
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
        'SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))) AS waiting',
        [rows[0]!.pid],
      );
      return waiting;
    },
    release: () => client.query('ROLLBACK'),
  };
}
