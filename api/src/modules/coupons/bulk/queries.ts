import { type RawBuilder, sql } from 'kysely';
import type { Transaction } from '../../../database/connection.ts';
import { clock, couponColumns } from '../queries.ts';
import type { Coupon } from '../state.ts';

/**
 * Up to `count` unassigned coupons of a book, locked, in the order of their ids from above `afterId`, wrapping round; those that
 * another transaction holds are passed over. For many at once: neighbours share pages of the table and of its indexes, where coupons
 * in the order of their random keys touch one page each. Whoever goes on after the last one meets no dead rows.
 */
export async function claimCouponsInOrder(
  trx: Transaction,
  bookId: string,
  { count, afterId }: { count: number; afterId: number },
): Promise<(Coupon & { now: Date })[]> {
  const part = (range: RawBuilder<unknown>) => sql`
    SELECT * FROM (
      SELECT ${couponColumns} FROM coupons c
      WHERE c.book_id = ${bookId} AND c.state = 'UNASSIGNED' AND ${range}
      ORDER BY c.id LIMIT ${count} FOR UPDATE SKIP LOCKED) part`;
  const { rows } = await sql<Coupon & { now: Date }>`
    SELECT claimed.*, ${clock} AS now
    FROM (${part(sql`c.id > ${afterId}`)} UNION ALL ${part(sql`c.id <= ${afterId}`)}) claimed
    LIMIT ${count}`.execute(trx);
  return rows;
}
