import { sql } from 'kysely';
import type { Database, Transaction } from '../../database/connection.ts';
import type { CouponEvent } from '../coupons/state.ts';

/**
 * Adds events to the audit trail, in the transaction of the changes they tell of.
 * @param jobId the job that made the changes
 */
export async function recordEvents(
  trx: Transaction,
  events: readonly CouponEvent[],
  { jobId = null }: { jobId?: string | null } = {},
): Promise<void> {
  if (events.length === 0) return;
  const column = <T>(read: (event: CouponEvent) => T) => events.map(read);
  await sql`
    INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, data, occurred_at, job_id)
    SELECT *, ${jobId}::uuid FROM unnest(
      ${column((e) => e.type)}::text[], ${column((e) => e.bookId)}::uuid[], ${column((e) => e.couponId)}::bigint[],
      ${column((e) => e.userId)}::uuid[], ${column((e) => e.actorId)}::uuid[],
      ${column((e) => (e.data === null ? null : JSON.stringify(e.data)))}::jsonb[],
      ${column((e) => e.occurredAt.toISOString())}::timestamptz[])`.execute(trx);
}

export type EventRow = CouponEvent & { id: number };

/** The events of one coupon, oldest first, from above `afterId`. */
export async function listEventsByCoupon(
  db: Database,
  couponId: number,
  page: { afterId?: number; limit: number },
): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`
    SELECT id, type, coupon_id AS "couponId", book_id AS "bookId", user_id AS "userId", actor_id AS "actorId",
           occurred_at AS "occurredAt", data
    FROM events WHERE coupon_id = ${couponId} AND id > ${page.afterId ?? 0}
    ORDER BY id LIMIT ${page.limit}`.execute(db);
  return rows;
}
