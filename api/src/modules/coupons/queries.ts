import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../database/connection.ts';
import type { CouponState, UserRole } from '../../database/types.ts';
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

/** Accounts that may act or be acted for, of those named. */
export async function findActiveUsers(
  trx: Database | Transaction,
  ids: readonly string[],
): Promise<Map<string, UserRole>> {
  const { rows } = await sql<{ id: string; role: UserRole }>`
    SELECT id, role FROM users WHERE id = ANY(${ids}::uuid[]) AND disabled_at IS NULL`.execute(trx);
  return new Map(rows.map(({ id, role }) => [id, role]));
}

/**
 * A book before coupons of it are claimed, and whether any coupon is unassigned: also those that another transaction holds, as
 * it may still give them back. KEY SHARE keeps the book from being deleted meanwhile.
 * @param start where on the random keys to look first: at the head of a book, dead rows pile up
 */
export async function lockBookForClaim(
  trx: Transaction,
  bookId: string,
  start: number,
): Promise<(BookRules & { now: Date; inStock: boolean }) | undefined> {
  const unassigned = sql`SELECT FROM coupons WHERE book_id = ${bookId} AND state = 'UNASSIGNED'`;
  const { rows } = await sql<BookRules & { now: Date; inStock: boolean }>`
    SELECT ${bookRuleColumns}, ${clock} AS now,
           EXISTS (${unassigned} AND random_key >= ${start}) OR EXISTS (${unassigned} AND random_key < ${start}) AS "inStock"
    FROM (SELECT * FROM books WHERE id = ${bookId} FOR KEY SHARE) b`.execute(trx);
  return rows[0];
}

/** Where coupons are, without locking them. */
export async function findBooksOfCodes(
  trx: Transaction,
  codes: readonly string[],
): Promise<Map<string, { bookId: string; state: CouponState }>> {
  const { rows } = await sql<{ code: string; bookId: string; state: CouponState }>`
    SELECT code, book_id AS "bookId", state FROM coupons WHERE code = ANY(${codes}::text[])`.execute(trx);
  return new Map(rows.map(({ code, ...place }) => [code, place]));
}

/** Keeps books from being deleted while coupons of them are assigned. */
export async function lockBooks(trx: Transaction, ids: readonly string[]): Promise<void> {
  await sql`SELECT FROM books WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR KEY SHARE`.execute(trx);
}

/** How many coupons of a book each user has been given; users without any are not in the map. */
export async function findAssignedCounts(
  trx: Transaction,
  bookId: string,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ userId: string; assigned: number }>`
    SELECT user_id AS "userId", assigned FROM book_user_counters
    WHERE book_id = ${bookId} AND user_id = ANY(${userIds}::uuid[])`.execute(trx);
  return new Map(rows.map(({ userId, assigned }) => [userId, assigned]));
}

export interface CounterChange {
  bookId: string;
  userId: string;
  count: number;
}

/**
 * Adds to the users' counters, which locks them (by user, then book: the one order) until the transaction ends.
 * @returns the counts before, in the order of `changes`
 */
export async function reserveAssignments(
  trx: Transaction,
  changes: readonly CounterChange[],
): Promise<number[]> {
  const { rows } = await sql<{ bookId: string; userId: string; assigned: number }>`
    INSERT INTO book_user_counters AS c (book_id, user_id, assigned)
    SELECT * FROM ${unnestCounters(changes)} ORDER BY user_id, book_id
    ON CONFLICT (book_id, user_id) DO UPDATE SET assigned = c.assigned + EXCLUDED.assigned
    RETURNING book_id AS "bookId", user_id AS "userId", assigned`.execute(trx);
  const after = new Map(rows.map(({ bookId, userId, assigned }) => [`${bookId} ${userId}`, assigned]));
  return changes.map(({ bookId, userId, count }) => after.get(`${bookId} ${userId}`)! - count);
}

/** Locks users' counters of a book, in the one order. */
export async function lockCounters(
  trx: Transaction,
  bookId: string,
  userIds: readonly string[],
): Promise<void> {
  await sql`
    SELECT FROM book_user_counters WHERE book_id = ${bookId} AND user_id = ANY(${userIds}::uuid[])
    ORDER BY user_id FOR UPDATE`.execute(trx);
}

/** Takes back what `reserveAssignments` of this transaction added and no coupon was found for. */
export async function releaseAssignments(trx: Transaction, changes: readonly CounterChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    UPDATE book_user_counters c SET assigned = c.assigned - r.assigned
    FROM ${unnestCounters(changes)}
    WHERE c.book_id = r.book_id AND c.user_id = r.user_id`.execute(trx);
}

const unnestCounters = (changes: readonly CounterChange[]): RawBuilder<unknown> => sql`
  unnest(${changes.map(({ bookId }) => bookId)}::uuid[], ${changes.map(({ userId }) => userId)}::uuid[],
         ${changes.map(({ count }) => count)}::integer[]) AS r(book_id, user_id, assigned)`;

/**
 * Up to `count` unassigned coupons of a book, locked: those from `start` on its random keys, wrapping round. Coupons that another
 * transaction holds are passed over, so fewer than `count` does not mean that the book is exhausted.
 */
export async function claimCoupons(
  trx: Transaction,
  bookId: string,
  count: number,
  start: number,
): Promise<(Coupon & { now: Date })[]> {
  const from = (range: RawBuilder<unknown>) => sql`
    SELECT * FROM (
      SELECT ${couponColumns} FROM coupons c
      WHERE c.book_id = ${bookId} AND c.state = 'UNASSIGNED' AND ${range}
      ORDER BY c.random_key LIMIT ${count} FOR UPDATE SKIP LOCKED) part`;
  const { rows } = await sql<Coupon & { now: Date }>`
    SELECT claimed.*, ${clock} AS now
    FROM (${from(sql`c.random_key >= ${start}`)} UNION ALL ${from(sql`c.random_key < ${start}`)}) claimed
    LIMIT ${count}`.execute(trx);
  return rows;
}

/** Coupons by code with their books' rules, locked in the order of their ids; codes that do not exist are not in the map. */
export const lockCoupons = (trx: Transaction, codes: readonly string[]) =>
  selectCoupons(trx, codes, sql`FOR UPDATE`);

/**
 * The same, but coupons that another transaction holds are not in the map either. For batches: waiting for one coupon that a
 * stuck process holds would stop the commands on all others (59 of 59 took 2.5 s longer in our measurement).
 */
export const lockFreeCoupons = (trx: Transaction, codes: readonly string[]) =>
  selectCoupons(trx, codes, sql`FOR UPDATE SKIP LOCKED`);

async function selectCoupons(
  trx: Transaction,
  codes: readonly string[],
  lock: RawBuilder<unknown>,
): Promise<Map<string, CouponInBook>> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM (SELECT * FROM coupons WHERE code = ANY(${codes}::text[]) ORDER BY id ${lock}) c
    JOIN books b ON b.id = c.book_id`.execute(trx);
  return new Map(rows.map((row) => [row.code, row]));
}

/** Coupons by id with their books' rules, locked in the order of their ids; those that do not exist are not in the map. */
export async function lockCouponsById(
  trx: Transaction,
  ids: readonly number[],
): Promise<Map<number, CouponInBook>> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM (SELECT * FROM coupons WHERE id = ANY(${ids}::bigint[]) ORDER BY id FOR UPDATE) c
    JOIN books b ON b.id = c.book_id`.execute(trx);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Coupons whose lock has run out, locked; those that a command holds are left to it. The clock is read once, by a subquery: compared
 * with the volatile function itself, every lock that still holds would be looked at (126 ms for 200,000; so it is 0.1 ms).
 */
export async function lockExpiredCoupons(trx: Transaction, limit: number): Promise<CouponInBook[]> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM (SELECT * FROM coupons WHERE state = 'LOCKED' AND lock_expires_at <= (SELECT clock_timestamp())
          ORDER BY lock_expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) c
    JOIN books b ON b.id = c.book_id`.execute(trx);
  return rows;
}

/**
 * Brings the locks of a book forward to an end that it has by now: no lock lasts longer than its book. An end before the lock began
 * leaves it a moment that is over, because a lock ends after it began.
 */
export async function shortenLocks(trx: Transaction, bookId: string, end: Date): Promise<void> {
  const until = sql`${end.toISOString()}::timestamptz`;
  await sql`
    UPDATE coupons SET lock_expires_at = greatest(${until}, locked_at + interval '1 millisecond'), updated_at = ${clock}
    WHERE id IN (SELECT id FROM coupons WHERE book_id = ${bookId} AND state = 'LOCKED' AND lock_expires_at > ${until}
                 ORDER BY id FOR UPDATE)`.execute(trx);
}

/** Writes coupons back. Each must still be in the state it was decided from; if not, a lock was missing: a defect. */
export async function updateCoupons(
  trx: Transaction,
  changes: readonly { from: CouponState; next: Coupon; now: Date }[],
): Promise<void> {
  if (changes.length === 0) return;
  const column = <T>(read: (next: Coupon) => T) => changes.map(({ next }) => read(next));
  await sql`
    WITH changed AS (UPDATE coupons c SET
      state = u.state, assigned_user_id = u.assigned_user_id, assigned_at = u.assigned_at,
      locked_by_user_id = u.locked_by_user_id, locked_at = u.locked_at, lock_expires_at = u.lock_expires_at,
      redeemed_at = u.redeemed_at, redemption_count = u.redemption_count, updated_at = u.now
    FROM unnest(
      ${column(({ id }) => id)}::bigint[], ${column(({ bookId }) => bookId)}::uuid[],
      ${changes.map(({ from }) => from)}::coupon_state[], ${column(({ state }) => state)}::coupon_state[],
      ${column((c) => c.assignedUserId)}::uuid[], ${times(column((c) => c.assignedAt))}::timestamptz[],
      ${column((c) => c.lockedByUserId)}::uuid[], ${times(column((c) => c.lockedAt))}::timestamptz[],
      ${times(column((c) => c.lockExpiresAt))}::timestamptz[], ${times(column((c) => c.redeemedAt))}::timestamptz[],
      ${column((c) => c.redemptionCount)}::integer[], ${times(changes.map(({ now }) => now))}::timestamptz[]
    ) AS u(id, book_id, from_state, state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at,
           redeemed_at, redemption_count, now)
    WHERE c.id = u.id AND c.book_id = u.book_id AND c.state = u.from_state RETURNING c.id)
    SELECT require_count(count(*), ${changes.length}, 'a coupon changed while it was locked') FROM changed`.execute(
    trx,
  );
}

/** Times as text: `pg` writes a Date in the machine's own zone, part by part, at ten times the cost. */
const times = (dates: (Date | null)[]) => dates.map((date) => date?.toISOString() ?? null);

export interface Redemption {
  bookId: string;
  couponId: number;
  userId: string;
  actorId: string;
  metadata: Record<string, unknown>;
  redeemedAt: Date;
}

/**
 * Adds to the history of redemptions. Their number counts those of the coupon, also the ones rolled back; the coupon is locked, so
 * two transactions that came to the same number would mean that it was not, and the unique index refuses the second.
 */
export async function insertRedemptions(trx: Transaction, redemptions: readonly Redemption[]): Promise<void> {
  if (redemptions.length === 0) return;
  const column = <T>(read: (redemption: Redemption) => T) => redemptions.map(read);
  await sql`
    INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, metadata, redeemed_at, redemption_number)
    SELECT r.*, 1 + (SELECT count(*) FROM redemption_history h WHERE h.coupon_id = r.coupon_id AND h.rollback_of IS NULL)
    FROM unnest(
      ${column((r) => r.bookId)}::uuid[], ${column((r) => r.couponId)}::bigint[], ${column((r) => r.userId)}::uuid[],
      ${column((r) => r.actorId)}::uuid[], ${column((r) => JSON.stringify(r.metadata))}::jsonb[],
      ${times(column((r) => r.redeemedAt))}::timestamptz[]
    ) AS r(book_id, coupon_id, user_id, actor_id, metadata, redeemed_at)`.execute(trx);
}

/** A redemption with its coupon's code, whether it was rolled back, and the coupon's latest other one that was not. */
export async function findRedemption(
  trx: Transaction,
  id: number,
): Promise<(RedemptionToRollBack & { code: string }) | undefined> {
  const { rows } = await sql<RedemptionToRollBack & { code: string }>`
    SELECT r.id, r.user_id AS "userId", c.code,
           EXISTS (SELECT FROM redemption_history b WHERE b.rollback_of = r.id) AS "rolledBack",
           (SELECT max(o.redeemed_at) FROM redemption_history o
            WHERE o.coupon_id = r.coupon_id AND o.id <> r.id AND o.rollback_of IS NULL
              AND NOT EXISTS (SELECT FROM redemption_history b WHERE b.rollback_of = o.id)) AS "redeemedBeforeAt"
    FROM redemption_history r JOIN coupons c ON c.id = r.coupon_id
    WHERE r.id = ${id} AND r.rollback_of IS NULL`.execute(trx);
  return rows[0];
}

/** Notes that a redemption is undone; a second time fails on the unique index. */
export async function insertRollback(
  trx: Transaction,
  redemptionId: number,
  { actorId, reason, now }: { actorId: string; reason: string; now: Date },
): Promise<void> {
  await sql`
    INSERT INTO redemption_history
      (book_id, coupon_id, user_id, actor_id, redemption_number, redeemed_at, rollback_of, reason)
    SELECT book_id, coupon_id, user_id, ${actorId}, redemption_number, ${now.toISOString()}, id, ${reason}
    FROM redemption_history WHERE id = ${redemptionId}`.execute(trx);
}

/** One coupon with its book's rules, not locked. */
export async function findCoupon(
  db: Database | Transaction,
  code: string,
): Promise<CouponInBook | undefined> {
  const { rows } = await sql<CouponInBook>`
    SELECT ${couponColumns}, ${bookRuleColumns}, ${clock} AS now
    FROM coupons c JOIN books b ON b.id = c.book_id WHERE c.code = ${code}`.execute(db);
  return rows[0];
}
