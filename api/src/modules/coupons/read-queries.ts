import { sql } from 'kysely';
import type { Database } from '../../database/connection.ts';
import { bookRuleColumns, clock, couponColumns, type CouponInBook } from './queries.ts';

/** Ids of coupons whose codes begin so: by the index on codes, `limit` of them at most. */
export async function findCouponIds(db: Database, codePrefix: string, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM coupons WHERE code LIKE ${`${codePrefix.replace(/[\\%_]/g, '\\$&')}%`} LIMIT ${limit}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** Coupons with their books' rules, not locked; those that do not exist any more are not in the map. */
export async function findCouponsById(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, CouponInBook>> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM coupons c JOIN books b ON b.id = c.book_id WHERE c.id = ANY(${ids}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The e-mails of users, by id. */
export async function findEmails(db: Database, userIds: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; email: string }>`
    SELECT id, email FROM users WHERE id = ANY(${userIds}::uuid[])`.execute(db);
  return new Map(rows.map(({ id, email }) => [id, email]));
}
