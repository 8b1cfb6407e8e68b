import { type RawBuilder, sql } from 'kysely';
import { allOf } from '../../../database/conditions.ts';
import type { Database } from '../../../database/connection.ts';
import type { CouponState } from '../../../database/types.ts';
import { findEmails } from '../../accounts/people/queries.ts';
import type { EventRow } from '../present.ts';
import {
  bookRuleColumns,
  clock,
  couponColumns,
  type CouponInBook,
  isAt,
  isLockedUntil,
  type Place,
} from '../queries.ts';

/** Places of codes that begin so, `limit` of them at most. */
export async function findPlacesByPrefix(db: Database, codePrefix: string, limit: number): Promise<Place[]> {
  const { rows } = await sql<Place>`
    SELECT book_id AS "bookId", coupon_id AS id FROM coupon_codes WHERE code LIKE ${prefixPattern(codePrefix)} LIMIT ${limit}`.execute(
    db,
  );
  return rows;
}

const prefixPattern = (codePrefix: string) => `${codePrefix.replace(/[\\%_]/g, '\\$&')}%`;

/** Coupons with their books' rules by id, not locked; those that do not exist any more are not in the map. */
export async function findCouponsAt(
  db: Database,
  places: readonly Place[],
): Promise<Map<number, CouponInBook>> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM coupons c JOIN books b ON b.id = c.book_id WHERE ${isAt(places)}`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Coupons with the e-mails of those they belong to. */
export async function withOwners(
  db: Database,
  rows: readonly CouponInBook[],
): Promise<(CouponInBook & { ownerEmail: string | null })[]> {
  const owners = new Set(rows.flatMap(({ assignedUserId }) => assignedUserId ?? []));
  const emails = owners.size > 0 ? await findEmails(db, [...owners]) : undefined;
  return rows.map((row) => ({ ...row, ownerEmail: emails?.get(row.assignedUserId ?? '') ?? null }));
}

/** The rows of a page whose *current* state is one of those asked: an expired lock counts as ASSIGNED. */
function inState(state: CouponState | undefined): RawBuilder<unknown> | undefined {
  if (state === undefined) return undefined;
  if (state === 'LOCKED') return sql`c.state = 'LOCKED' AND c.lock_expires_at > clock_timestamp()`;
  if (state === 'UNASSIGNED') return sql`c.assigned_user_id IS NULL`;
  if (state === 'ASSIGNED') {
    return sql`(c.state = 'ASSIGNED' OR c.state = 'LOCKED' AND c.lock_expires_at <= clock_timestamp())`;
  }
  return sql`c.state = ${state}`;
}

/** A user's coupons, those given last first, from after the coupon `after`. */
export async function listCouponsByUser(
  db: Database,
  userId: string,
  filter: { bookId?: string; state?: CouponState },
  page: { after?: { assignedAt: Date; id: number }; limit: number },
): Promise<CouponInBook[]> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM coupons c JOIN books b ON b.id = c.book_id
    WHERE ${allOf(
      sql`c.assigned_user_id = ${userId}`,
      inState(filter.state),
      filter.bookId !== undefined && sql`c.book_id = ${filter.bookId}`,
      page.after &&
        sql`(c.assigned_at, c.id) < (${page.after.assignedAt.toISOString()}::timestamptz, ${page.after.id}::bigint)`,
    )}
    ORDER BY c.assigned_at DESC, c.id DESC LIMIT ${page.limit}`.execute(db);
  return rows;
}

/**
 * A book's coupons: by code where a prefix is asked for (the register of codes gives that order), else by id. Those that are locked are
 * found by the ends of locks, and those that are redeemed by the history; the others by going through the book.
 */
export async function listCouponsByBook(
  db: Database,
  bookId: string,
  filter: { state?: CouponState; userId?: string; codePrefix?: string },
  page: { afterId?: number; afterCode?: string; limit: number },
): Promise<CouponInBook[]> {
  const asked = allOf(
    inState(filter.state),
    filter.userId !== undefined && sql`c.assigned_user_id = ${filter.userId}`,
  );
  const matching =
    filter.codePrefix === undefined
      ? sql`(
          SELECT c.* FROM ${couponsIn(bookId, filter.state, page.afterId ?? 0)}
          WHERE c.book_id = ${bookId} AND ${asked} AND c.id > ${page.afterId ?? 0}
          ORDER BY c.id LIMIT ${page.limit}) c`
      : sql`(
          SELECT c.* FROM coupon_codes r JOIN coupons c ON c.book_id = r.book_id AND c.id = r.coupon_id
          WHERE r.code LIKE ${prefixPattern(filter.codePrefix)} AND r.book_id = ${bookId} AND r.code > ${page.afterCode ?? ''}
            AND ${asked}
          ORDER BY r.code LIMIT ${page.limit}) c`;
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM ${matching} JOIN books b ON b.id = c.book_id
    ORDER BY ${filter.codePrefix === undefined ? sql`c.id` : sql`c.code`} LIMIT ${page.limit}`.execute(db);
  return rows;
}

/** The coupons (`c`) of a book among which those of a state are, as few as can be told. No index has the state: see decision 22. */
function couponsIn(bookId: string, state: CouponState | undefined, afterId: number): RawBuilder<unknown> {
  if (state === 'LOCKED') return sql`lock_ends l JOIN coupons c ON ${isLockedUntil}`;
  if (state === 'REDEEMED')
    return sql`(
      SELECT DISTINCT book_id, coupon_id FROM redemption_history
      WHERE book_id = ${bookId} AND coupon_id > ${afterId} ORDER BY coupon_id) h
      JOIN coupons c ON c.book_id = h.book_id AND c.id = h.coupon_id`;
  return sql`coupons c`;
}

/** Whether there is a book of this id. */
export async function bookExists(db: Database, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM books WHERE id = ${id}`.execute(db);
  return rows.length > 0;
}

/** The events of one coupon, oldest first, from above `afterId`; with `userId`, only those that were for that user. */
export async function listEventsByCoupon(
  db: Database,
  { bookId, id }: Place,
  userId: string | undefined,
  page: { afterId?: number; limit: number },
): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`
    SELECT id, type, coupon_id AS "couponId", book_id AS "bookId", user_id AS "userId", actor_id AS "actorId",
           occurred_at AS "occurredAt", data
    FROM events WHERE ${allOf(
      sql`book_id = ${bookId} AND coupon_id = ${id} AND id > ${page.afterId ?? 0}`,
      userId !== undefined && sql`user_id = ${userId}`,
    )}
    ORDER BY id LIMIT ${page.limit}`.execute(db);
  return rows;
}

/** Coupons whose lock holds, and those whose lock has run out but is not noted yet. */
export async function countLocks(db: Database): Promise<{ held: number; overdue: number }> {
  const { rows } = await sql<{ held: number; overdue: number }>`
    SELECT (counted.locked - late.n)::bigint AS held, late.n AS overdue
    FROM (SELECT coalesce(sum(locked), 0) AS locked
          FROM (SELECT locked FROM book_counts UNION ALL SELECT locked FROM book_count_deltas) parts) counted,
         (SELECT count(*) AS n FROM lock_ends l JOIN coupons c ON ${isLockedUntil}
          WHERE l.ends_at <= (SELECT clock_timestamp())) late`.execute(db);
  return rows[0]!;
}
