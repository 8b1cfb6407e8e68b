import { sql } from 'kysely';
import type { Transaction } from '../../../database/connection.ts';
import { isActive } from '../queries.ts';

export type AlertKind = 'stock_low' | 'expiring';

export interface Alert {
  bookId: string;
  kind: AlertKind;
  bookName: string;
  /** Coupons left. */
  unassigned: number;
  alertBelow: number | null;
  expiresAt: Date | null;
  alertDaysBefore: number | null;
}

/** What holds now of active books. One without any coupons has no stock that could become low. */
const holding = sql`(
  SELECT books.id AS book_id, kind, books.name, stock.unassigned, books.alert_below, books.expires_at, books.alert_days_before
  FROM books, LATERAL (
    SELECT coalesce(sum(unassigned), 0)::bigint AS unassigned,
           coalesce(sum(unassigned + assigned + locked + redeemed), 0)::bigint AS total
    FROM (SELECT unassigned, assigned, locked, redeemed FROM book_counts WHERE book_id = books.id
          UNION ALL
          SELECT unassigned, assigned, locked, redeemed FROM book_count_deltas WHERE book_id = books.id) parts) stock,
  unnest(ARRAY['stock_low', 'expiring']) AS kind
  WHERE (books.alert_below IS NOT NULL OR books.alert_days_before IS NOT NULL) AND ${isActive} AND CASE kind
    WHEN 'stock_low' THEN stock.total > 0 AND stock.unassigned < books.alert_below
    ELSE books.expires_at <= clock_timestamp() + books.alert_days_before * interval '24 hours' END)`;

/** Forgets alerts that no longer hold: when they hold again, they are raised again. */
export async function deleteEndedAlerts(trx: Transaction): Promise<void> {
  await sql`
    DELETE FROM book_alerts a
    WHERE (a.book_id, a.kind) NOT IN (SELECT book_id, kind FROM ${holding} holding)`.execute(trx);
}

/** Raises the alerts that have begun to hold. Each is raised by one transaction, however many try. */
export async function insertAlerts(trx: Transaction): Promise<Alert[]> {
  const { rows } = await sql<Alert>`
    WITH holding AS MATERIALIZED (SELECT * FROM ${holding} holding),
    raised AS (
      INSERT INTO book_alerts (book_id, kind) SELECT book_id, kind FROM holding ORDER BY book_id, kind
      ON CONFLICT DO NOTHING RETURNING book_id, kind)
    SELECT book_id AS "bookId", kind, name AS "bookName", unassigned, alert_below AS "alertBelow",
           expires_at AS "expiresAt", alert_days_before AS "alertDaysBefore"
    FROM raised JOIN holding USING (book_id, kind)`.execute(trx);
  return rows;
}
