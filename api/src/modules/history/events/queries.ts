import { type RawBuilder, sql } from 'kysely';
import { allOf } from '../../../database/conditions.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import type { Place } from '../../coupons/queries.ts';
import type { EventRow } from '../../coupons/present.ts';
import { cutAt, parseSnapshot, type Snapshot } from '../snapshot.ts';

/** Whether a coupon of a book was ever assigned, whatever became of it. */
export async function hasAssignments(trx: Transaction, bookId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM events WHERE book_id = ${bookId} AND type = 'coupon.assigned') AS found`.execute(
    trx,
  );
  return rows[0]!.found;
}

/** What has been committed by now: all that a list shows, however many pages it is read in. */
export async function readSnapshot(db: Database): Promise<Snapshot> {
  const { rows } = await sql<{ snapshot: string }>`SELECT pg_current_snapshot()::text AS snapshot`.execute(
    db,
  );
  return parseSnapshot(rows[0]!.snapshot);
}

/**
 * Where the stream of events ends now: a snapshot, cut behind the newest transaction that left an event or a notice. So it stays the same while
 * nothing happens. And what it calls seen is on disk: the ids of later transactions, which may have come to nothing, are given again
 * by a database that crashed.
 */
export async function readTip(db: Database): Promise<Snapshot> {
  const { rows } = await sql<TipRow>`SELECT ${tipColumns}`.execute(db);
  return toTip(rows[0]!);
}

export interface TipRow {
  snapshot: string;
  newest: string | null;
}

/** For statements that ask for more than the tip. */
export const tipColumns = sql`
  pg_current_snapshot()::text AS snapshot,
  greatest(
    (SELECT e.txid FROM events e WHERE e.txid < pg_snapshot_xmax(pg_current_snapshot())
     ORDER BY e.txid DESC LIMIT 1),
    (SELECT n.txid FROM notices n WHERE n.txid < pg_snapshot_xmax(pg_current_snapshot())
     ORDER BY n.txid DESC LIMIT 1))::text AS newest`;

export const toTip = ({ snapshot, newest }: TipRow): Snapshot =>
  cutAt(parseSnapshot(snapshot), Number(newest ?? 2) + 1);

export interface StreamedEvent extends EventRow {
  /** Null: written by an earlier version, see `nameOldEvents`. */
  code: string | null;
  bookName: string | null;
  txid: number;
}

export interface Stretch {
  from: Snapshot;
  to: Snapshot;
  afterId: number;
  limit: number;
  /** Only events for these users or of these books; null: all. */
  of: { userIds: readonly string[]; bookIds: readonly string[] } | null;
}

/**
 * Events that became visible between two snapshots, in the order of their ids; of one coupon that is the order in which they
 * happened. Looked up by transaction: those since `from`, and those that were running then; a long transaction costs nothing.
 */
export const eventsBetween = ({ from, to, afterId, limit, of }: Stretch) => sql`
    SELECT * FROM (
      SELECT id, type, coupon_id AS "couponId", book_id AS "bookId", user_id AS "userId", actor_id AS "actorId",
             occurred_at AS "occurredAt", data, code, book_name AS "bookName", txid::text AS txid
      FROM events
      WHERE ${between({ from, to })}
        AND id > greatest(${afterId}::bigint, (SELECT events_to FROM restored_rows))
        AND ${allOf(of && sql`(user_id = ANY(${of.userIds}::uuid[]) OR book_id = ANY(${of.bookIds}::uuid[]))`)}
      OFFSET 0) stretch
    ORDER BY id LIMIT ${limit}`;

/** See `eventsBetween`. */
export async function listEventsBetween(db: Database, stretch: Stretch): Promise<StreamedEvent[]> {
  const { rows } = await sql<
    Omit<StreamedEvent, 'txid'> & { txid: string }
  >`${eventsBetween(stretch)}`.execute(db);
  return rows.map((row) => ({ ...row, txid: Number(row.txid) }));
}

/**
 * After a dump was restored into a younger cluster: takes note of the rows whose transactions lie in this one's future. Nothing is
 * added before the service starts, so they are among the newest. Does nothing otherwise, and at every further start.
 */
export async function noteRestoredRows(trx: Transaction): Promise<void> {
  const lastOf = (table: string) => sql`(
    SELECT coalesce(max(id), 0) FROM (SELECT id, txid FROM ${sql.table(table)} ORDER BY id DESC LIMIT 10000) newest
    WHERE txid >= pg_snapshot_xmax(pg_current_snapshot()))`;
  await sql`
    UPDATE restored_rows SET events_to = greatest(events_to, ${lastOf('events')}),
      redemptions_to = greatest(redemptions_to, ${lastOf('redemption_history')})
    WHERE events_to < ${lastOf('events')} OR redemptions_to < ${lastOf('redemption_history')}`.execute(trx);
  // Notices can be changed: those of the future become part of the distant past. Otherwise they would leave again when it comes.
  await sql`UPDATE notices SET txid = '2' WHERE txid >= pg_snapshot_xmax(pg_current_snapshot())`.execute(trx);
}

/** Whether more than so many events became visible between two snapshots, of whomever. */
export async function hasMoreEventsBetween(
  db: Database,
  stretch: Pick<Stretch, 'from' | 'to'>,
  count: number,
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM events WHERE ${between(stretch)} OFFSET ${count} LIMIT 1`.execute(db);
  return rows.length > 0;
}

export const between = ({ from, to }: Pick<Stretch, 'from' | 'to'>) => sql`
  (txid >= ${String(from.end)}::xid8 OR txid = ANY(${from.running.map(String)}::xid8[]))
  AND txid < ${String(to.end)}::xid8 AND txid <> ALL(${to.running.map(String)}::xid8[])`;

/**
 * The rows of a table that were visible at a snapshot.
 * @param restoredTo rows up to this id count as visible: see migration 0010
 */
export const visibleAt = (
  { end, running }: Snapshot,
  table: 'e' | 'r',
  restoredTo: 'events_to' | 'redemptions_to',
): RawBuilder<unknown> => {
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return sql`(
    ${column('id')} <= (SELECT ${sql.ref(restoredTo)} FROM restored_rows)
    OR ${column('txid')} < ${String(end)}::xid8 AND ${column('txid')} <> ALL(${running.map(String)}::xid8[]))`;
};

/** Where a page of a list by time begins: below this row. */
export interface Moment {
  at: Date;
  id: number;
}

export interface HistoryPage {
  visibleAt: Snapshot;
  before?: Moment;
  limit: number;
}

export interface EventFilter {
  bookId?: string;
  userId?: string;
  actorId?: string;
  jobId?: string;
  types?: readonly string[];
  /** The coupons: those named, or all whose codes begin so. */
  coupons?: readonly Place[] | { codePrefix: string };
  from?: Date;
  /** Exclusive. */
  to?: Date;
}

export interface ListedEvent extends EventRow {
  jobId: string | null;
  code: string | null;
  bookName: string | null;
  userEmail: string | null;
  actorEmail: string | null;
}

/** Events by time, newest first, with the names of what they tell of. In a transaction, for its time limit. */
export async function listEvents(
  trx: Transaction,
  filter: EventFilter,
  { visibleAt: snapshot, before, limit }: HistoryPage,
): Promise<ListedEvent[]> {
  const { bookId, userId, actorId, jobId, types, coupons, from, to } = filter;
  const where = allOf(
    visibleAt(snapshot, 'e', 'events_to'),
    bookId !== undefined && sql`e.book_id = ${bookId}`,
    userId !== undefined && sql`e.user_id = ${userId}`,
    actorId !== undefined && sql`e.actor_id = ${actorId}`,
    jobId !== undefined && sql`e.job_id = ${jobId}`,
    types && sql`e.type = ANY(${types}::text[])`,
    from && sql`e.occurred_at >= ${from.toISOString()}::timestamptz`,
    to && sql`e.occurred_at < ${to.toISOString()}::timestamptz`,
    coupons && 'codePrefix' in coupons && codeBegins(sql`e`, coupons.codePrefix),
    before && isBefore(sql`e.occurred_at`, sql`e.id`, before),
  );

  // The events of few coupons are looked up coupon by coupon; left to itself the planner might walk through time to find them.
  const source =
    coupons && !('codePrefix' in coupons)
      ? sql`(SELECT e.* FROM ${unnestPlaces(coupons)} JOIN events e USING (book_id, coupon_id) OFFSET 0)`
      : sql`events`;
  const { rows } = await sql<ListedEvent>`
    SELECT e.id, e.type, e.coupon_id AS "couponId", e.book_id AS "bookId", e.user_id AS "userId", e.actor_id AS "actorId",
           e.occurred_at AS "occurredAt", e.data, e.job_id AS "jobId",
           coalesce(e.code, c.code) AS code, coalesce(e.book_name, b.name) AS "bookName", u.email AS "userEmail", a.email AS "actorEmail"
    FROM (SELECT e.* FROM ${source} e WHERE ${where}
          ORDER BY e.occurred_at DESC, e.id DESC LIMIT ${limit}) e
    LEFT JOIN coupons c ON c.book_id = e.book_id AND c.id = e.coupon_id LEFT JOIN books b ON b.id = e.book_id
    LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
    ORDER BY e.occurred_at DESC, e.id DESC`.execute(trx);
  return rows;
}

/** Below a row in a list by time. The first half alone is what an index on the time understands. */
export const isBefore = (
  time: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
  { at, id: lastId }: Moment,
) => sql`
  ${time} <= ${at.toISOString()}::timestamptz AND (${time}, ${id}) < (${at.toISOString()}::timestamptz, ${lastId}::bigint)`;

/** Coupons whose codes begin so; for many of them, row by row. */
export const codeBegins = (row: RawBuilder<unknown>, prefix: string) => sql`
  EXISTS (SELECT FROM coupons c WHERE c.book_id = ${row}.book_id AND c.id = ${row}.coupon_id AND starts_with(c.code, ${prefix}))`;

/** Places as a table whose columns are named as in events and redemptions. */
export const unnestPlaces = (places: readonly Place[]) => sql`
  unnest(${places.map(({ bookId }) => bookId)}::uuid[], ${places.map(({ id }) => id)}::bigint[]) AS place(book_id, coupon_id)`;

/** Where the coupons of some events are, each once. */
export const placesOf = (events: readonly { bookId: string; couponId: number }[]): Place[] => [
  ...new Map(events.map(({ bookId, couponId }) => [couponId, { bookId, id: couponId }])).values(),
];

/** The stretch of old events that has still to be named, unless another process is at it. Undefined: nothing to do. */
export async function selectUnnamedForUpdateSkipLocked(
  trx: Transaction,
): Promise<{ namedTo: number; lastId: number } | undefined> {
  const { rows } = await sql<{ namedTo: number; lastId: number }>`
    SELECT named_to AS "namedTo", last_id AS "lastId" FROM unnamed_events
    WHERE named_to < last_id FOR UPDATE SKIP LOCKED`.execute(trx);
  return rows[0];
}

/**
 * Gives events without names those of their coupons and books. The ids are parameters and no part of the statement: from a row of
 * another table the planner cannot tell how few they are, and would read all events for each stretch.
 */
export async function nameEvents(
  trx: Transaction,
  { afterId, lastId }: { afterId: number; lastId: number },
): Promise<void> {
  await sql`
    UPDATE events e SET code = c.code, book_name = b.name
    FROM coupons c JOIN books b ON b.id = c.book_id
    WHERE e.id > ${afterId}::bigint AND e.id <= ${lastId}::bigint AND e.code IS NULL
      AND c.book_id = e.book_id AND c.id = e.coupon_id`.execute(trx);
}

export async function updateNamedTo(trx: Transaction, id: number): Promise<void> {
  await sql`UPDATE unnamed_events SET named_to = ${id}`.execute(trx);
}
