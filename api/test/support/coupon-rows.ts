import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../src/database/connection.ts';
import { couponColumns } from '../../src/modules/coupons/queries.ts';
import type { BookRules, Coupon } from '../../src/modules/coupons/state.ts';

// Books and coupons in any state, written as they are: no command would bring them there.

export type CouponRow = Omit<Coupon, 'id' | 'bookId' | 'code'>;

export const FREE_ROW: CouponRow = {
  state: 'UNASSIGNED',
  assignedUserId: null,
  assignedAt: null,
  lockedByUserId: null,
  lockedAt: null,
  lockExpiresAt: null,
  redeemedAt: null,
  redemptionCount: 0,
  metadata: {},
};

/** @returns its id */
export async function insertBookRow(db: Database, rules: Omit<BookRules, 'bookName'>): Promise<string> {
  const isMultiple = rules.maxRedemptions !== 1;
  const { rows } = await sql<{ id: string }>`
    INSERT INTO books (name, starts_at, expires_at, archived_at, max_assignments_per_user, allow_multiple_redemptions,
                       max_redemptions, lock_ttl_seconds)
    VALUES (${randomUUID()}, ${rules.startsAt}, ${rules.expiresAt}, ${rules.archivedAt}, ${rules.maxAssignmentsPerUser},
            ${isMultiple}, ${rules.maxRedemptions}, ${rules.lockTtlSeconds}) RETURNING id`.execute(db);
  return rows[0]!.id;
}

export async function insertCouponRow(db: Database, bookId: string, row: CouponRow): Promise<Coupon> {
  const { rows } = await sql<Coupon>`
    INSERT INTO coupons AS c (book_id, code, state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at,
                              redeemed_at, redemption_count, metadata)
    VALUES (${bookId}, ${randomUUID().toUpperCase()}, ${row.state}, ${row.assignedUserId}, ${row.assignedAt}, ${row.lockedByUserId},
            ${row.lockedAt}, ${row.lockExpiresAt}, ${row.redeemedAt}, ${row.redemptionCount}, ${JSON.stringify(row.metadata)}::jsonb)
    RETURNING ${couponColumns}`.execute(db);
  return rows[0]!;
}

export async function readCouponRow(db: Database, id: number): Promise<Coupon> {
  const { rows } = await sql<Coupon>`SELECT ${couponColumns} FROM coupons c WHERE id = ${id}`.execute(db);
  return rows[0]!;
}

/** The events of a coupon as `decide` tells them, in their order. */
export async function readEventsOf(db: Database, couponId: number): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT type, coupon_id AS "couponId", code, book_id AS "bookId", book_name AS "bookName", user_id AS "userId",
           actor_id AS "actorId", occurred_at AS "occurredAt", data
    FROM events WHERE coupon_id = ${couponId} ORDER BY id`.execute(db);
  return rows;
}

/** All of a book that commands could have changed. */
export async function readAllOf(db: Database, bookId: string): Promise<unknown> {
  const { rows } = await sql`
    SELECT (SELECT jsonb_agg(to_jsonb(c) ORDER BY id) FROM coupons c WHERE book_id = ${bookId}) AS coupons,
           (SELECT jsonb_agg(to_jsonb(e) ORDER BY id) FROM events e WHERE book_id = ${bookId}) AS events,
           (SELECT jsonb_agg(to_jsonb(h) ORDER BY id) FROM redemption_history h WHERE book_id = ${bookId}) AS redemptions,
           (SELECT jsonb_agg(to_jsonb(k) ORDER BY user_id) FROM book_user_counters k WHERE book_id = ${bookId}) AS counters`.execute(
    db,
  );
  return rows[0];
}
