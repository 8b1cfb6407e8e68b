import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../database/connection.ts';
import type { CouponState } from '../../database/types.ts';
import type { BookRules, Coupon, RedemptionToRollBack } from './state.ts';

/** The columns of a coupon (table alias `c`) under the names of `Coupon`. */
export const couponColumns = sql`
  c.id, c.book_id AS "bookId", c.code, c.state, c.assigned_user_id AS "assignedUserId", c.assigned_at AS "assignedAt",
  c.locked_by_user_id AS "lockedByUserId", c.locked_at AS "lockedAt", c.lock_expires_at AS "lockExpiresAt",
  c.redeemed_at AS "redeemedAt", c.redemption_count AS "redemptionCount", c.metadata`;

/** What the rules need of a book (table alias `b`). */
export const bookRuleColumns = sql`
  b.name AS "bookName", b.starts_at AS "startsAt", b.expires_at AS "expiresAt", b.archived_at AS "archivedAt",
  b.max_assignments_per_user AS "maxAssignmentsPerUser", b.max_redemptions AS "maxRedemptions",
  b.lock_ttl_seconds AS "lockTtlSeconds"`;

/**
 * The database's clock to the millisecond. Selected around a subquery that locks rows, it is read after the locks are held (the
 * planner never merges a subquery that locks); inside the locking SELECT itself it would be read before the wait.
 */
export const clock = sql<Date>`date_trunc('milliseconds', clock_timestamp())`;

/** A coupon with its book's rules and the time at which both were read. */
export type CouponInBook = Coupon & BookRules & { now: Date };

/** A book as it was read, with what tells whether it is still the same. */
export interface KnownBook extends BookRules {
  /** The rules as text, in the words of the database. */
  version: string;
  /** The clock of the database when it was read. */
  now: Date;
}

/**
 * A book before coupons of it are claimed, and whether any coupon is unassigned: also those that another transaction holds, as
 * it may still give them back. KEY SHARE keeps the book from being deleted meanwhile.
 * @param start where on the random keys to look first: at the head of a book, dead rows pile up
 */
export async function selectBookWithStockForKeyShare(
  trx: Transaction,
  bookId: string,
  start: number,
): Promise<(KnownBook & { inStock: boolean }) | undefined> {
  // In the order of the index. As a plain EXISTS it was planned as a walk through the table when most coupons were free, and walked over
  // all that a distribution had given, with each of its steps.
  const isFree = (range: RawBuilder<unknown>) => sql`
    (SELECT random_key FROM coupons WHERE book_id = ${bookId} AND assigned_user_id IS NULL AND ${range}
     ORDER BY random_key LIMIT 1) IS NOT NULL`;
  const { rows } = await sql<KnownBook & { inStock: boolean }>`
    SELECT r.*, r::text AS version, ${clock} AS now,
           ${isFree(sql`random_key >= ${start}`)} OR ${isFree(sql`random_key < ${start}`)} AS "inStock"
    FROM ${bookForKeyShare(bookId)}`.execute(trx);
  return rows[0];
}

/** Fails when a book is not what it was when this `version` was read. KEY SHARE as above. */
export async function requireUnchangedBook(trx: Transaction, bookId: string, version: string): Promise<void> {
  await sql`
    SELECT require_count(count(*), 1, 'the book has changed')
    FROM ${bookForKeyShare(bookId)} WHERE r::text = ${version}`.execute(trx);
}

/** Books as they are now, by id; those that do not exist are not in the map. */
export async function findKnownBooks(db: Database, ids: readonly string[]): Promise<Map<string, KnownBook>> {
  const { rows } = await sql<KnownBook & { id: string }>`
    SELECT b.id, r.*, r::text AS version, ${clock} AS now
    FROM books b CROSS JOIN LATERAL (SELECT ${bookRuleColumns}) r WHERE b.id = ANY(${ids}::uuid[])`.execute(
    db,
  );
  return new Map(rows.map(({ id, ...book }) => [id, book]));
}

/** Fails when one of some books is not what it was when its version was read. */
export async function requireUnchangedBooks(
  trx: Transaction,
  books: readonly { id: string; version: string }[],
): Promise<void> {
  await sql`
    SELECT require_count(count(*), ${books.length}, 'a book has changed')
    FROM unnest(${books.map(({ id }) => id)}::uuid[], ${books.map(({ version }) => version)}::text[]) AS known(id, version)
    JOIN books b ON b.id = known.id CROSS JOIN LATERAL (SELECT ${bookRuleColumns}) r WHERE r::text = known.version`.execute(
    trx,
  );
}

/** One book; `r` is what the rules need of it, whatever that is. */
const bookForKeyShare = (bookId: string) => sql`
  (SELECT * FROM books WHERE id = ${bookId} FOR KEY SHARE) b CROSS JOIN LATERAL (SELECT ${bookRuleColumns}) r`;

/** The key of a coupon. */
export interface Place {
  bookId: string;
  id: number;
}

/** Where codes are, by the register; those that do not exist are not in the map. */
export async function findPlaces(
  db: Database | Transaction,
  codes: readonly string[],
): Promise<Map<string, Place>> {
  const { rows } = await sql<Place & { code: string }>`
    SELECT code, book_id AS "bookId", coupon_id AS id FROM coupon_codes WHERE code = ANY(${codes}::text[])`.execute(
    db,
  );
  return new Map(rows.map(({ code, ...place }) => [code, place]));
}

/**
 * Coupon `c` is at one of some places. No two coupons have the same id, so lists of books and of ids name no others. Lists, because a join
 * with the places, planned while a book was small and kept, read all of the book for each group.
 */
export const isAt = (places: readonly Place[]) => sql`
  c.book_id = ANY(${booksOf(places)}::uuid[]) AND c.id = ANY(${places.map(({ id }) => id)}::bigint[])`;

const booksOf = (places: readonly Place[]) => [...new Set(places.map(({ bookId }) => bookId))];

/** The states of coupons by id, not locked. */
export async function findStates(
  trx: Transaction,
  places: readonly Place[],
): Promise<Map<number, CouponState>> {
  const { rows } = await sql<{ id: number; state: CouponState }>`
    SELECT c.id, c.state FROM coupons c WHERE ${isAt(places)}`.execute(trx);
  return new Map(rows.map(({ id, state }) => [id, state]));
}

/** Keeps books from being deleted while coupons of them are assigned. */
export async function selectBooksForKeyShare(trx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`SELECT FROM books WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR KEY SHARE`.execute(trx);
}

/**
 * Up to `count` unassigned coupons of a book, locked: those from `start` on its random keys, wrapping round. Coupons that another
 * transaction holds are passed over, so fewer than `count` does not mean that the book is exhausted.
 */
export async function selectRandomForUpdateSkipLocked(
  trx: Transaction,
  bookId: string,
  count: number,
  start: number,
): Promise<(Coupon & { now: Date })[]> {
  const { rows } = await randomForUpdateSkipLocked(bookId, count, start).execute(trx);
  return rows;
}

/** The same as a part of another statement. */
export function randomForUpdateSkipLocked(
  bookId: string,
  count: number,
  start: number,
): RawBuilder<Coupon & { now: Date }> {
  const from = (range: RawBuilder<unknown>) => sql`
    SELECT * FROM (
      SELECT ${couponColumns} FROM coupons c
      WHERE c.book_id = ${bookId} AND c.assigned_user_id IS NULL AND ${range}
      ORDER BY c.random_key LIMIT ${count} FOR UPDATE SKIP LOCKED) part`;
  return sql<Coupon & { now: Date }>`
    SELECT claimed.*, ${clock} AS now
    FROM (${from(sql`c.random_key >= ${start}`)} UNION ALL ${from(sql`c.random_key < ${start}`)}) claimed
    LIMIT ${count}`;
}

/**
 * The ids of up to `count` unassigned coupons of a book, locked, in the order of their ids from above `afterId`, wrapping round; those that
 * another transaction holds are passed over. For many at once: neighbours share pages of the table and of its indexes, where coupons
 * in the order of their random keys touch one page each. Whoever goes on after the last one meets no dead rows. A part of another statement.
 */
export function inOrderForUpdateSkipLocked(
  bookId: string,
  { count, afterId }: { count: number; afterId: number },
): RawBuilder<{ id: number }> {
  const from = (range: RawBuilder<unknown>) => sql`
    SELECT * FROM (
      SELECT c.id FROM coupons c
      WHERE c.book_id = ${bookId} AND c.assigned_user_id IS NULL AND ${range}
      ORDER BY c.id LIMIT ${count} FOR UPDATE SKIP LOCKED) part`;
  return sql<{ id: number }>`
    ${from(sql`c.id > ${afterId}`)} UNION ALL ${from(sql`c.id <= ${afterId}`)} LIMIT ${count}`;
}

/** Coupons with their books' rules by id, locked in the order of their ids; those that do not exist are not in the map. */
export const selectCouponsForUpdate = (trx: Transaction, places: readonly Place[]) =>
  selectCoupons(trx, places, sql`FOR UPDATE OF c`);

/**
 * The same, but coupons that another transaction holds are not in the map either. For commands: waiting for one coupon that a stuck
 * process holds would stop those on all others.
 */
export const selectCouponsForUpdateSkipLocked = (trx: Transaction, places: readonly Place[]) =>
  selectCoupons(trx, places, sql`FOR UPDATE OF c SKIP LOCKED`);

async function selectCoupons(
  trx: Transaction,
  places: readonly Place[],
  lock: RawBuilder<unknown>,
): Promise<Map<number, CouponInBook>> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM (SELECT c.* FROM coupons c WHERE ${isAt(places)} ORDER BY c.id ${lock}) c JOIN books b ON b.id = c.book_id`.execute(
    trx,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * How often coupons were redeemed, also what was rolled back; those that never were are not in the map. Asked when their rows are
 * locked: then nobody adds to it.
 */
export async function countRedemptions(
  trx: Transaction,
  places: readonly Place[],
): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; made: number }>`
    SELECT coupon_id AS id, count(*)::integer AS made FROM redemption_history
    WHERE book_id = ANY(${booksOf(places)}::uuid[]) AND coupon_id = ANY(${places.map(({ id }) => id)}::bigint[]) AND rollback_of IS NULL
    GROUP BY 1`.execute(trx);
  return new Map(rows.map(({ id, made }) => [id, made]));
}

/** A lock whose time has come, or an earlier one of the same coupon. */
export interface LockEnd {
  bookId: string;
  couponId: number;
  endsAt: Date;
}

/**
 * Locks that have run out or were given back before, the oldest first; those that another process looks at are passed over. The clock is
 * read once, by a subquery: compared with the volatile function itself, every lock that still holds would be looked at.
 */
export async function selectLockEndsForUpdateSkipLocked(trx: Transaction, limit: number): Promise<LockEnd[]> {
  const { rows } = await sql<LockEnd>`
    SELECT book_id AS "bookId", coupon_id AS "couponId", ends_at AS "endsAt" FROM lock_ends
    WHERE ends_at <= (SELECT clock_timestamp()) ORDER BY ends_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`.execute(
    trx,
  );
  return rows;
}

/** Forgets ends of locks, but for those that coupons still have: commands held them when they were looked at. @returns how many */
export async function deleteLockEnds(trx: Transaction, ends: readonly LockEnd[]): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM lock_ends l
    USING unnest(${ends.map(({ bookId }) => bookId)}::uuid[], ${ends.map(({ couponId }) => couponId)}::bigint[],
                 ${ends.map(({ endsAt }) => endsAt.toISOString())}::timestamptz[]) AS due(book_id, coupon_id, ends_at)
    WHERE l.book_id = due.book_id AND l.coupon_id = due.coupon_id AND l.ends_at = due.ends_at
      AND NOT EXISTS (SELECT FROM coupons c WHERE ${isLockedUntil})`.execute(trx);
  return Number(numAffectedRows);
}

/** Coupon `c` is locked until the end `l`. Each lock that is held has its entry, by a trigger (migration 0029). */
export const isLockedUntil = sql`
  c.book_id = l.book_id AND c.id = l.coupon_id AND c.lock_expires_at = l.ends_at AND c.state = 'LOCKED'`;

/**
 * Brings the locks of a book forward to an end that it has by now: no lock lasts longer than its book. An end before the lock began
 * leaves it a moment that is over, because a lock ends after it began.
 */
export async function shortenLocks(trx: Transaction, bookId: string, end: Date): Promise<void> {
  const until = sql`${end.toISOString()}::timestamptz`;
  await sql`
    UPDATE coupons SET lock_expires_at = greatest(${until}, locked_at + interval '1 millisecond'), updated_at = held.now
    FROM (SELECT locked.id, ${clock} AS now FROM (
            SELECT c.id FROM lock_ends l JOIN coupons c ON ${isLockedUntil}
            WHERE l.book_id = ${bookId} AND l.ends_at > ${until} ORDER BY c.id FOR UPDATE OF c) locked) held
    WHERE coupons.book_id = ${bookId} AND coupons.id = held.id AND state = 'LOCKED' AND lock_expires_at > ${until}`.execute(
    trx,
  );
}

/** A redemption with its coupon's place, whether it was rolled back, and the coupon's latest other one that was not. */
export async function findRedemption(
  trx: Transaction,
  id: number,
): Promise<{ place: Place; redemption: RedemptionToRollBack } | undefined> {
  const { rows } = await sql<RedemptionToRollBack & { bookId: string; couponId: number }>`
    SELECT r.id, r.user_id AS "userId", r.book_id AS "bookId", r.coupon_id AS "couponId",
           EXISTS (SELECT FROM redemption_history b
                   WHERE b.book_id = r.book_id AND b.coupon_id = r.coupon_id AND b.rollback_of = r.id) AS "rolledBack",
           (SELECT max(o.redeemed_at) FROM redemption_history o
            WHERE o.book_id = r.book_id AND o.coupon_id = r.coupon_id AND o.id <> r.id AND o.rollback_of IS NULL
              AND NOT EXISTS (SELECT FROM redemption_history b
                              WHERE b.book_id = o.book_id AND b.coupon_id = o.coupon_id AND b.rollback_of = o.id))
             AS "redeemedBeforeAt"
    FROM redemption_history r WHERE r.id = ${id} AND r.rollback_of IS NULL`.execute(trx);
  if (!rows[0]) return undefined;
  const { bookId, couponId, ...redemption } = rows[0];
  return { place: { bookId, id: couponId }, redemption };
}

/** One coupon with its book's rules, not locked. */
export async function findCoupon(
  db: Database | Transaction,
  code: string,
): Promise<CouponInBook | undefined> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM coupon_codes r JOIN coupons c ON c.book_id = r.book_id AND c.id = r.coupon_id JOIN books b ON b.id = c.book_id
    WHERE r.code = ${code}`.execute(db);
  return rows[0];
}
