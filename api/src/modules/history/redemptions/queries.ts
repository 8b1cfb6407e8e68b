import { sql } from 'kysely';
import { allOf } from '../../../database/conditions.ts';
import type { Transaction } from '../../../database/connection.ts';
import {
  codeBegins,
  type EventFilter,
  type HistoryPage,
  isBefore,
  unnestPlaces,
  visibleAt,
} from '../events/queries.ts';

export type RedemptionFilter = Omit<EventFilter, 'types' | 'jobId'>;

export interface ListedRedemption {
  id: number;
  code: string;
  bookId: string;
  bookName: string;
  userId: string;
  userEmail: string;
  actorId: string;
  actorEmail: string;
  redeemedAt: Date;
  redemptionNumber: number;
  metadata: Record<string, unknown>;
  rollbackOf: number | null;
  reason: string | null;
  rolledBackBy: number | null;
}

/** Redemptions and their rollbacks by time, newest first, with the names of what they tell of. In a transaction, for its time limit. */
export async function listRedemptions(
  trx: Transaction,
  { bookId, userId, actorId, coupons, from, to }: RedemptionFilter,
  { visibleAt: snapshot, before, limit }: HistoryPage,
): Promise<ListedRedemption[]> {
  const where = allOf(
    visibleAt(snapshot, 'r', 'redemptions_to'),
    bookId !== undefined && sql`r.book_id = ${bookId}`,
    userId !== undefined && sql`r.user_id = ${userId}`,
    actorId !== undefined && sql`r.actor_id = ${actorId}`,
    from && sql`r.redeemed_at >= ${from.toISOString()}::timestamptz`,
    to && sql`r.redeemed_at < ${to.toISOString()}::timestamptz`,
    coupons && 'codePrefix' in coupons && codeBegins(sql`r`, coupons.codePrefix),
    before && isBefore(sql`r.redeemed_at`, sql`r.id`, before),
  );
  const source =
    coupons && !('codePrefix' in coupons)
      ? sql`(SELECT r.* FROM ${unnestPlaces(coupons)} JOIN redemption_history r USING (book_id, coupon_id) OFFSET 0)`
      : sql`redemption_history`;
  const { rows } = await sql<ListedRedemption>`
    SELECT r.id, c.code, r.book_id AS "bookId", b.name AS "bookName", r.user_id AS "userId", u.email AS "userEmail",
           r.actor_id AS "actorId", a.email AS "actorEmail", r.redeemed_at AS "redeemedAt",
           r.redemption_number AS "redemptionNumber", r.metadata, r.rollback_of AS "rollbackOf", r.reason,
           back.id AS "rolledBackBy"
    FROM (SELECT r.* FROM ${source} r WHERE ${where}
          ORDER BY r.redeemed_at DESC, r.id DESC LIMIT ${limit}) r
    JOIN coupons c ON c.book_id = r.book_id AND c.id = r.coupon_id JOIN books b ON b.id = r.book_id
    JOIN users u ON u.id = r.user_id JOIN users a ON a.id = r.actor_id
    LEFT JOIN redemption_history back
      ON back.book_id = r.book_id AND back.coupon_id = r.coupon_id AND back.rollback_of = r.id
    ORDER BY r.redeemed_at DESC, r.id DESC`.execute(trx);
  return rows;
}
