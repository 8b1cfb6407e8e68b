import { type RawBuilder, sql } from 'kysely';
import type { Transaction } from '../../database/connection.ts';
import { type CounterChange, lowerCounters, sumCounters } from './counters.ts';
import type { Coupon, CouponEvent } from './state.ts';

/** What `decide` made of a coupon whose row this transaction has locked. */
export interface Change {
  from: Coupon;
  next: Coupon;
  /** When it was decided: the clock of the database, read while the row was locked. */
  now: Date;
  events: readonly CouponEvent[];
  /** With a redemption: how often the coupon was redeemed before, also what was rolled back. */
  redemptions?: number;
}

export interface Outcomes {
  changes: readonly Change[];
  /** By what counters were raised ahead for assignments; where no coupon was given for it they are lowered again. */
  reserved?: readonly CounterChange[];
  /** The job that made the changes. */
  jobId?: string;
}

/**
 * Stores what was decided: the only place that writes coupons, counters, events and the history of redemptions for a change of a
 * coupon. What goes together is taken from the changes themselves, so that none can be forgotten: the redemptions and rollbacks that
 * their events tell of, and the counters of those who got or lost a coupon. One statement a table, none for a table that stays as it
 * is, and all issued before the first answer: they share a round trip, and with `commitWith` that of the COMMIT.
 */
export async function storeOutcomes(
  trx: Transaction,
  { changes, reserved = [], jobId }: Outcomes,
): Promise<void> {
  const events = changes.flatMap((change) => change.events);
  await Promise.all([
    updateCoupons(trx, changes),
    insertEvents(trx, events, jobId ?? null),
    insertRedemptions(
      trx,
      changes.flatMap(({ events: told, redemptions }) =>
        told.flatMap((event) =>
          event.type === 'coupon.redeemed' ? { ...event, number: redemptions! + 1 } : [],
        ),
      ),
    ),
    insertRollbacks(
      trx,
      events.filter(({ type }) => type === 'coupon.redemption_rolled_back'),
    ),
    lowerCounters(trx, sumCounters(reserved, changes.flatMap(ownersCount))),
  ]);
}

/** @param rows that have its columns in this order */
export const insertIntoEvents = (rows: RawBuilder<unknown>) => sql`
  INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, data, occurred_at, code, book_name, job_id) ${rows}`;

/** What a change means for the counters: one more for who got the coupon, one less for who lost it. */
function ownersCount({ from, next }: Change): CounterChange[] {
  if (from.assignedUserId === next.assignedUserId) return [];
  const { bookId } = next;
  return [
    ...(from.assignedUserId === null ? [] : [{ bookId, userId: from.assignedUserId, count: -1 }]),
    ...(next.assignedUserId === null ? [] : [{ bookId, userId: next.assignedUserId, count: 1 }]),
  ];
}

/** Writes coupons back. Each must still be in the state it was decided from; if not, a lock was missing: a defect. */
async function updateCoupons(trx: Transaction, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const column = <T>(read: (next: Coupon) => T) => changes.map(({ next }) => read(next));
  await sql`
    WITH changed AS (UPDATE coupons c SET
      state = u.state, assigned_user_id = u.assigned_user_id, assigned_at = u.assigned_at,
      locked_by_user_id = u.locked_by_user_id, locked_at = u.locked_at, lock_expires_at = u.lock_expires_at,
      redeemed_at = u.redeemed_at, redemption_count = u.redemption_count, updated_at = u.now
    FROM unnest(
      ${column(({ id }) => id)}::bigint[], ${column(({ bookId }) => bookId)}::uuid[],
      ${changes.map(({ from }) => from.state)}::coupon_state[], ${column(({ state }) => state)}::coupon_state[],
      ${column((c) => c.assignedUserId)}::uuid[], ${times(column((c) => c.assignedAt))}::timestamptz[],
      ${column((c) => c.lockedByUserId)}::uuid[], ${times(column((c) => c.lockedAt))}::timestamptz[],
      ${times(column((c) => c.lockExpiresAt))}::timestamptz[], ${times(column((c) => c.redeemedAt))}::timestamptz[],
      ${column((c) => c.redemptionCount)}::integer[], ${times(changes.map(({ now }) => now))}::timestamptz[]
    ) AS u(id, book_id, from_state, state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at,
           redeemed_at, redemption_count, now)
    WHERE c.id = u.id AND c.book_id = u.book_id AND c.book_id = ANY(${booksOf(changes)}::uuid[]) AND c.state = u.from_state
    RETURNING c.id)
    SELECT require_count(count(*), ${changes.length}, 'a coupon changed while it was locked') FROM changed`.execute(
    trx,
  );
}

/** Adds to the audit trail, in the transaction of the changes it tells of. */
async function insertEvents(
  trx: Transaction,
  events: readonly CouponEvent[],
  jobId: string | null,
): Promise<void> {
  if (events.length === 0) return;
  const column = <T>(read: (event: CouponEvent) => T) => events.map(read);
  // Many changes are of few books: each name is sent once.
  const names = [...new Set(column((e) => e.bookName))];
  const place = new Map(names.map((name, index) => [name, index + 1]));
  await insertIntoEvents(sql`
    SELECT type, book_id, coupon_id, user_id, actor_id, data, occurred_at, code, (${names}::text[])[name], ${jobId}::uuid
    FROM unnest(
      ${column((e) => e.type)}::text[], ${column((e) => e.bookId)}::uuid[], ${column((e) => e.couponId)}::bigint[],
      ${column((e) => e.userId)}::uuid[], ${column((e) => e.actorId)}::uuid[],
      ${column((e) => (e.data === null ? null : JSON.stringify(e.data)))}::jsonb[],
      ${column((e) => e.occurredAt.toISOString())}::timestamptz[], ${column((e) => e.code)}::text[],
      ${column((e) => place.get(e.bookName)!)}::integer[]
    ) AS e(type, book_id, coupon_id, user_id, actor_id, data, occurred_at, code, name)`).execute(trx);
}

/** Of which books changes are, each once. */
const booksOf = (changes: readonly Change[]) => [...new Set(changes.map(({ next }) => next.bookId))];

/**
 * Adds to the history of redemptions. Their number counts those of the coupon, also the ones rolled back; the coupon is locked, so
 * two transactions that came to the same number would mean that it was not, and the unique index refuses the second.
 */
async function insertRedemptions(
  trx: Transaction,
  redeemed: readonly (CouponEvent & { number: number })[],
): Promise<void> {
  if (redeemed.length === 0) return;
  const column = <T>(read: (event: CouponEvent & { number: number }) => T) => redeemed.map(read);
  await sql`
    INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, metadata, redeemed_at, redemption_number)
    SELECT * FROM unnest(
      ${column((e) => e.bookId)}::uuid[], ${column((e) => e.couponId)}::bigint[], ${column((e) => e.userId)}::uuid[],
      ${column((e) => e.actorId)}::uuid[], ${column((e) => JSON.stringify(e.data!.metadata))}::jsonb[],
      ${times(column((e) => e.occurredAt))}::timestamptz[], ${column((e) => e.number)}::integer[])`.execute(
    trx,
  );
}

/** Notes which redemptions are undone; one that is undone a second time fails on the unique index. */
async function insertRollbacks(trx: Transaction, rolledBack: readonly CouponEvent[]): Promise<void> {
  if (rolledBack.length === 0) return;
  const column = <T>(read: (event: CouponEvent) => T) => rolledBack.map(read);
  await sql`
    INSERT INTO redemption_history
      (book_id, coupon_id, user_id, actor_id, redemption_number, redeemed_at, rollback_of, reason)
    SELECT h.book_id, h.coupon_id, h.user_id, r.actor_id, h.redemption_number, r.redeemed_at, h.id, r.reason
    FROM unnest(
      ${column((e) => e.bookId)}::uuid[], ${column((e) => e.couponId)}::bigint[],
      ${column((e) => e.data!.redemptionId as number)}::bigint[], ${column((e) => e.actorId)}::uuid[],
      ${column((e) => e.data!.reason as string)}::text[], ${times(column((e) => e.occurredAt))}::timestamptz[]
    ) AS r(book_id, coupon_id, id, actor_id, reason, redeemed_at)
    JOIN redemption_history h ON h.book_id = r.book_id AND h.coupon_id = r.coupon_id AND h.id = r.id`.execute(
    trx,
  );
}

/** Times as text: `pg` writes a Date in the machine's own zone, part by part, at ten times the cost. */
export const times = (dates: (Date | null)[]) => dates.map((date) => date?.toISOString() ?? null);
