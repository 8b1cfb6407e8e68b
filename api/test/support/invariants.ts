import { sql } from 'kysely';
import { allowBulkWork } from '../../src/database/bulk.ts';
import type { Database } from '../../src/database/connection.ts';
import type { CouponState } from '../../src/database/types.ts';
import { replay } from './replay.ts';

export interface InvariantOptions {
  bookIds?: readonly string[];
  limitsFell?: boolean;
}

/**
 * What must be true of the coupons at any moment, whoever wrote them: one line for each thing that is not. The constraints refuse
 * most of it already; this looks again, without them.
 * @param bookIds only these books; all, if not given
 * @param limitsFell a book's limits were lowered while coupons were out: more than they allow now may have been given before
 */
export async function findBrokenInvariants(
  db: Database,
  { bookIds, limitsFell = false }: InvariantOptions = {},
): Promise<string[]> {
  const books = bookIds ? sql`book_id = ANY(${bookIds}::uuid[])` : sql`true`;
  const rows = await db.transaction().execute(async (trx) => {
    await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`.execute(trx);
    await allowBulkWork(trx);
    const { rows: broken } = await sql<{ problem: string }>`
      WITH c AS (SELECT * FROM coupons WHERE ${books}),
           made AS (SELECT * FROM redemption_history WHERE ${books} AND rollback_of IS NULL),
           h AS (SELECT * FROM made WHERE id NOT IN
                   (SELECT rollback_of FROM redemption_history WHERE ${books} AND rollback_of IS NOT NULL)),
           e AS (SELECT * FROM events WHERE ${books}),
           given AS (SELECT book_id, assigned_user_id AS user_id, count(*) AS assigned
                     FROM c WHERE assigned_user_id IS NOT NULL GROUP BY 1, 2),
           counted AS (SELECT book_id, user_id, assigned FROM book_user_counters WHERE ${books} AND assigned <> 0),
           numbered AS (SELECT coupon_id, count(*) AS n, count(DISTINCT redemption_number) AS numbers,
                               max(redemption_number) AS highest FROM made GROUP BY 1),
           redeemed AS (SELECT coupon_id, count(*) AS n, max(redeemed_at) AS latest FROM h GROUP BY 1),
           told AS (SELECT coupon_id, sum(CASE type WHEN 'coupon.redeemed' THEN 1 ELSE -1 END) AS n
                    FROM e WHERE type IN ('coupon.redeemed', 'coupon.redemption_rolled_back') GROUP BY 1)
      SELECT 'counter of ' || user_id || ' in ' || book_id || ': ' || coalesce(c.assigned, 0) || ' counted, '
             || coalesce(g.assigned, 0) || ' given' AS problem
      FROM counted c FULL JOIN given g USING (book_id, user_id) WHERE c.assigned IS DISTINCT FROM g.assigned
      UNION ALL
      SELECT 'coupon ' || c.code || ' is ' || c.state || ' with owner ' || coalesce(c.assigned_user_id::text, 'nobody')
      FROM c WHERE (c.state = 'UNASSIGNED') <> (c.assigned_user_id IS NULL) OR (c.state = 'LOCKED') <> (locked_by_user_id IS NOT NULL)
      UNION ALL
      SELECT 'coupon ' || c.code || ' is locked by another than its owner'
      FROM c WHERE c.locked_by_user_id <> c.assigned_user_id
      UNION ALL
      SELECT 'coupon ' || c.code || ': redeemed ' || c.redemption_count || ', in the history ' || coalesce(r.n, 0)
             || ', in the events ' || coalesce(t.n, 0)
      FROM c LEFT JOIN redeemed r ON r.coupon_id = c.id LEFT JOIN told t ON t.coupon_id = c.id
      WHERE c.redemption_count <> coalesce(r.n, 0) OR c.redemption_count <> coalesce(t.n, 0)
         OR c.redeemed_at IS DISTINCT FROM r.latest
      UNION ALL
      SELECT 'coupon ' || coupon_id || ': ' || n || ' redemptions with ' || numbers || ' numbers up to ' || highest
      FROM numbered WHERE n <> numbers OR n <> highest
      UNION ALL
      SELECT 'coupon ' || c.code || ' was redeemed by another than its owner'
      FROM h JOIN c ON c.id = h.coupon_id WHERE h.user_id IS DISTINCT FROM c.assigned_user_id
        AND NOT EXISTS (SELECT FROM e WHERE e.coupon_id = c.id AND e.type = 'coupon.unassigned')
      UNION ALL
      SELECT 'user ' || g.user_id || ' was given ' || g.assigned || ' of ' || b.id || ', which allows ' || b.max_assignments_per_user
      FROM given g JOIN books b ON b.id = g.book_id WHERE NOT ${limitsFell} AND g.assigned > b.max_assignments_per_user
      UNION ALL
      SELECT 'coupon ' || c.code || ' was redeemed more often than its book allows'
      FROM c JOIN books b ON b.id = c.book_id WHERE NOT ${limitsFell} AND c.redemption_count > b.max_redemptions
      UNION ALL
      SELECT 'an event of coupon ' || e.coupon_id || ', which is not in its book'
      FROM e LEFT JOIN c ON c.id = e.coupon_id AND c.book_id = e.book_id WHERE c.id IS NULL`.execute(trx);
    const { rows: histories } = await sql<{
      code: string;
      state: CouponState;
      types: string[];
      data: (Record<string, unknown> | null)[];
    }>`
      SELECT c.code, c.state, coalesce(e.types, '{}') AS types, coalesce(e.data, '[]') AS data
      FROM coupons c LEFT JOIN (
        SELECT book_id, coupon_id, array_agg(type ORDER BY id) AS types, jsonb_agg(data ORDER BY id) AS data
        FROM events WHERE ${books} GROUP BY book_id, coupon_id
      ) e ON e.book_id = c.book_id AND e.coupon_id = c.id
      WHERE ${bookIds ? sql`c.book_id = ANY(${bookIds}::uuid[])` : sql`true`}`.execute(trx);
    return { broken, histories };
  });
  const replays = rows.histories.flatMap(({ code, state, types, data }) => {
    const result = replay(types.map((type, index) => ({ type, data: data[index] ?? null })));
    if ('impossible' in result) return [`coupon ${code}: ${result.impossible}`];
    return result.state === state ? [] : [`coupon ${code} is ${state}, its events lead to ${result.state}`];
  });
  return [...rows.broken.map(({ problem }) => problem), ...replays];
}

/** Fails with everything that is broken. */
export async function checkInvariants(db: Database, options?: InvariantOptions): Promise<void> {
  const broken = await findBrokenInvariants(db, options);
  if (broken.length > 0) throw new Error(`Broken invariants:\n${broken.slice(0, 50).join('\n')}`);
}
