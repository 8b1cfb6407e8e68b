import { randomInt } from 'node:crypto';
import pg from 'pg';
import { directUrl } from './direct-url.ts';
import type { Rival } from './rival.ts';

/** Commits of several connections share a flush of the disk. */
const CONNECTIONS = 32;

/**
 * One statement per request that finds, guards and takes: what a careful author writes instead of the brief's algorithm. Reviewed: random
 * start with a wrap (the head of the index would collect dead rows), SKIP LOCKED, one round trip, committed by itself, prepared once.
 */
const CLAIM = `
  UPDATE rivals.coupons SET user_id = $2, assigned_at = clock_timestamp()
  WHERE id = coalesce(
    (SELECT id FROM rivals.coupons WHERE book_id = $1 AND user_id IS NULL AND random_key >= $3
     ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED),
    (SELECT id FROM rivals.coupons WHERE book_id = $1 AND user_id IS NULL AND random_key < $3
     ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED))
  RETURNING code`;

export async function openGuardedRival(): Promise<Rival> {
  const pool = new pg.Pool({ connectionString: directUrl(), max: CONNECTIONS });
  return { claim: claimOf(pool), close: () => pool.end() };
}

/** Claims on a pool, or on one connection. */
export const claimOf =
  (client: pg.Pool | pg.Client): Rival['claim'] =>
  async (bookId, userId) => {
    const values = [bookId, userId, randomInt(-(2 ** 31), 2 ** 31)];
    const { rows } = await client.query<{ code: string }>({ name: 'claim', text: CLAIM, values });
    return rows[0]?.code ?? null;
  };
