import { sql } from 'kysely';
import { allOf } from '../../database/conditions.ts';
import type { Database, Transaction } from '../../database/connection.ts';
import { isLockedUntil } from '../coupons/queries.ts';

export interface BookRow {
  id: string;
  name: string;
  description: string | null;
  startsAt: Date | null;
  /** Exclusive. */
  expiresAt: Date | null;
  /** Null: no limit. */
  maxAssignmentsPerUser: number | null;
  allowMultipleRedemptions: boolean;
  /** Per coupon; null: no limit. */
  maxRedemptions: number | null;
  lockTtlSeconds: number;
  /** Coupons left, below which systems of administrators are told; null: never. */
  alertBelow: number | null;
  /** Days before the end; null: never. */
  alertDaysBefore: number | null;
  metadata: Record<string, unknown>;
  archivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** What a caller sets of a book. */
export type BookSettings = Omit<BookRow, 'id' | 'archivedAt' | 'createdAt' | 'updatedAt'>;

/** The columns of `books` under the names of `BookRow`. */
const bookColumns = sql`
  books.id, books.name, books.description, books.starts_at AS "startsAt", books.expires_at AS "expiresAt",
  books.max_assignments_per_user AS "maxAssignmentsPerUser",
  books.allow_multiple_redemptions AS "allowMultipleRedemptions", books.max_redemptions AS "maxRedemptions",
  books.lock_ttl_seconds AS "lockTtlSeconds", books.alert_below AS "alertBelow",
  books.alert_days_before AS "alertDaysBefore", books.metadata, books.archived_at AS "archivedAt",
  books.created_at AS "createdAt", books.updated_at AS "updatedAt"`;

/** Whether a book is active by the database's clock: neither archived nor outside its dates. */
export const isActive = sql<boolean>`(
  books.archived_at IS NULL
  AND (books.starts_at IS NULL OR books.starts_at <= clock_timestamp())
  AND (books.expires_at IS NULL OR books.expires_at > clock_timestamp()))`;

export async function findBook(db: Database | Transaction, id: string): Promise<BookRow | undefined> {
  const { rows } = await sql<BookRow>`SELECT ${bookColumns} FROM books WHERE id = ${id}`.execute(db);
  return rows[0];
}

export async function findActiveBook(db: Database | Transaction, id: string): Promise<BookRow | undefined> {
  const { rows } =
    await sql<BookRow>`SELECT ${bookColumns} FROM books WHERE id = ${id} AND ${isActive}`.execute(db);
  return rows[0];
}

/** A book that cannot be deleted while this transaction lasts; all else about it may change. */
export async function selectBookForKeyShare(trx: Transaction, id: string): Promise<BookRow | undefined> {
  const { rows } =
    await sql<BookRow>`SELECT ${bookColumns} FROM books WHERE id = ${id} FOR KEY SHARE`.execute(trx);
  return rows[0];
}

/** A book that only this transaction changes. Assignments go on: they hold KEY SHARE. */
export async function selectBookForNoKeyUpdate(trx: Transaction, id: string): Promise<BookRow | undefined> {
  const { rows } =
    await sql<BookRow>`SELECT ${bookColumns} FROM books WHERE id = ${id} FOR NO KEY UPDATE`.execute(trx);
  return rows[0];
}

/** A book that nobody else holds or can hold: waits for the assignments and uploads that are under way. */
export async function selectBookForUpdate(trx: Transaction, id: string): Promise<BookRow | undefined> {
  const { rows } = await sql<BookRow>`SELECT ${bookColumns} FROM books WHERE id = ${id} FOR UPDATE`.execute(
    trx,
  );
  return rows[0];
}

export interface BookFilter {
  activeOnly: boolean;
  archived?: boolean;
  /** Part of the name, in any case. */
  q?: string;
  /** Of the last book of the page before. */
  after?: { createdAt: Date; id: string };
  limit: number;
}

/** Books, newest first. */
export async function listBooks(
  db: Database,
  { activeOnly, archived, q, after, limit }: BookFilter,
): Promise<BookRow[]> {
  const where = allOf(
    activeOnly && isActive,
    archived !== undefined && sql`(books.archived_at IS NOT NULL) = ${archived}`,
    q !== undefined && sql`strpos(lower(books.name), lower(${q})) > 0`,
    after &&
      sql`(books.created_at, books.id) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
  );
  const { rows } = await sql<BookRow>`
    SELECT ${bookColumns} FROM books WHERE ${where}
    ORDER BY books.created_at DESC, books.id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** Books of which a user holds coupons, active or not, newest first; `assigned` is what `maxAssignmentsPerUser` is compared with. */
export async function listBooksHeldBy(
  db: Database,
  userId: string,
  { after, limit }: Pick<BookFilter, 'after' | 'limit'>,
): Promise<(BookRow & { assigned: number })[]> {
  const { rows } = await sql<BookRow & { assigned: number }>`
    SELECT ${bookColumns}, c.assigned
    FROM (SELECT DISTINCT book_id FROM coupons WHERE assigned_user_id = ${userId}) held
    JOIN books ON books.id = held.book_id
    JOIN book_user_counters c ON c.book_id = books.id AND c.user_id = ${userId}
    WHERE ${allOf(
      after &&
        sql`(books.created_at, books.id) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
    )}
    ORDER BY books.created_at DESC, books.id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export async function insertBook(trx: Transaction, book: BookSettings): Promise<BookRow> {
  const { rows } = await sql<BookRow>`
    INSERT INTO books (
      name, description, starts_at, expires_at, max_assignments_per_user, allow_multiple_redemptions, max_redemptions,
      lock_ttl_seconds, alert_below, alert_days_before, metadata)
    VALUES (
      ${book.name}, ${book.description}, ${book.startsAt?.toISOString() ?? null}, ${book.expiresAt?.toISOString() ?? null},
      ${book.maxAssignmentsPerUser}, ${book.allowMultipleRedemptions}, ${book.maxRedemptions}, ${book.lockTtlSeconds},
      ${book.alertBelow}, ${book.alertDaysBefore}, ${JSON.stringify(book.metadata)}::jsonb)
    RETURNING ${bookColumns}`.execute(trx);
  return rows[0]!;
}

/** Stores all settings; `archived` undefined leaves the archive as it is, true keeps an earlier time. */
export async function updateBook(
  trx: Transaction,
  id: string,
  book: BookSettings & { archived: boolean | undefined },
): Promise<BookRow> {
  const archived = book.archived ?? null;
  const { rows } = await sql<BookRow>`
    UPDATE books SET
      name = ${book.name}, description = ${book.description},
      starts_at = ${book.startsAt?.toISOString() ?? null}, expires_at = ${book.expiresAt?.toISOString() ?? null},
      max_assignments_per_user = ${book.maxAssignmentsPerUser},
      allow_multiple_redemptions = ${book.allowMultipleRedemptions}, max_redemptions = ${book.maxRedemptions},
      lock_ttl_seconds = ${book.lockTtlSeconds}, alert_below = ${book.alertBelow},
      alert_days_before = ${book.alertDaysBefore}, metadata = ${JSON.stringify(book.metadata)}::jsonb,
      archived_at = CASE ${archived}::boolean WHEN true THEN coalesce(archived_at, clock_timestamp())
                                              WHEN false THEN NULL ELSE archived_at END,
      updated_at = clock_timestamp()
    WHERE id = ${id}
    RETURNING ${bookColumns}`.execute(trx);
  return rows[0]!;
}

/** Deletes a book and, by its foreign keys, the coupons of it. */
export async function deleteBook(trx: Transaction, id: string): Promise<void> {
  await sql`DELETE FROM books WHERE id = ${id}`.execute(trx);
}

export interface BookCounts {
  total: number;
  unassigned: number;
  assigned: number;
  locked: number;
  redeemed: number;
  redemptions: number;
}

export interface BookStats extends BookCounts {
  redemptionsByDay: { date: string; redemptions: number }[];
}

/**
 * What adds up to the counts of each book: the base, the deltas beyond it (migration 0010), and the locks that have run out but are not
 * written down yet, which count as assigned. Read in one statement, all of one moment, at a cost that does not depend on the number of
 * coupons.
 */
const parts = sql`(
  SELECT book_id, NULL::date AS day, unassigned, assigned, locked, redeemed, 0 AS redemptions FROM book_counts
  UNION ALL SELECT book_id, day, 0, 0, 0, 0, redemptions FROM book_redemption_counts
  UNION ALL SELECT book_id, day, unassigned, assigned, locked, redeemed, redemptions FROM book_count_deltas
  UNION ALL SELECT l.book_id, NULL, 0, 1, -1, 0, 0 FROM lock_ends l JOIN coupons c ON ${isLockedUntil}
            WHERE l.ends_at <= (SELECT clock_timestamp()))`;

const sums = sql`
  coalesce(sum(unassigned + assigned + locked + redeemed), 0)::bigint AS total,
  coalesce(sum(unassigned), 0)::bigint AS unassigned, coalesce(sum(assigned), 0)::bigint AS assigned,
  coalesce(sum(locked), 0)::bigint AS locked, coalesce(sum(redeemed), 0)::bigint AS redeemed,
  coalesce(sum(redemptions), 0)::bigint AS redemptions`;

/** Counts of some books by their ids, zeros included. */
export async function findBookCounts(db: Database, ids: readonly string[]): Promise<Map<string, BookCounts>> {
  const { rows } = await sql<BookCounts & { id: string }>`
    SELECT id, ${sums} FROM unnest(${ids}::uuid[]) AS id
    LEFT JOIN (SELECT * FROM ${parts} parts WHERE book_id = ANY(${ids}::uuid[])) parts ON book_id = id
    GROUP BY id`.execute(db);
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}

/** Those of some books of which a coupon is left. */
export async function findBooksInStock(db: Database, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    SELECT asked.id FROM unnest(${ids}::uuid[]) AS asked(id)
    WHERE EXISTS (SELECT FROM coupons c WHERE c.book_id = asked.id AND c.assigned_user_id IS NULL)`.execute(
    db,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Counts of a book, or of all, and its redemptions on each of the last `days` days in UTC. */
export async function findStats(db: Database, days: number, bookId?: string): Promise<BookStats> {
  const { rows } = await sql<BookStats>`
    WITH parts AS MATERIALIZED (
      SELECT * FROM ${parts} parts WHERE ${allOf(bookId !== undefined && sql`book_id = ${bookId}`)}),
    by_day AS (SELECT day, sum(redemptions)::bigint AS redemptions FROM parts WHERE day IS NOT NULL GROUP BY day),
    today AS (SELECT date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') AS today),
    shown AS (
      SELECT day::date AS day, coalesce(redemptions, 0) AS redemptions
      FROM today, generate_series(today - (${days}::integer - 1) * interval '1 day', today, interval '1 day') AS day
      LEFT JOIN by_day USING (day))
    SELECT ${sums},
           (SELECT json_agg(json_build_object('date', day, 'redemptions', redemptions) ORDER BY day) FROM shown)
             AS "redemptionsByDay"
    FROM parts`.execute(db);
  return rows[0]!;
}

export interface BookStock {
  id: string;
  unassigned: number;
  total: number;
}

/** The active books with the smallest share of coupons left. */
export async function listScarceBooks(db: Database, limit: number): Promise<BookStock[]> {
  const { rows } = await sql<BookStock>`
    SELECT books.id, coalesce(sum(unassigned), 0)::bigint AS unassigned,
           coalesce(sum(unassigned + assigned + locked + redeemed), 0)::bigint AS total
    FROM books LEFT JOIN ${parts} parts ON book_id = books.id
    WHERE ${isActive}
    GROUP BY books.id
    ORDER BY coalesce(sum(unassigned)::float / nullif(sum(unassigned + assigned + locked + redeemed), 0), 0), books.id
    LIMIT ${limit}`.execute(db);
  return rows;
}

const FOLDED_AT_ONCE = 20_000;

/**
 * Adds deltas of the counts to their base. Readers see the same sums before and after, and writers wait for nothing. Deltas that
 * another process is folding are passed over.
 */
export async function foldBookCounts(db: Database): Promise<void> {
  for (let full = true; full;) {
    const { rows } = await sql<{ folded: number }>`
      WITH folded AS (
        DELETE FROM book_count_deltas WHERE (book_id, id) IN (
          SELECT book_id, id FROM book_count_deltas LIMIT ${FOLDED_AT_ONCE} FOR UPDATE SKIP LOCKED)
        RETURNING *),
      states AS (
        INSERT INTO book_counts AS c (book_id, unassigned, assigned, locked, redeemed)
        SELECT book_id, sum(unassigned), sum(assigned), sum(locked), sum(redeemed)
        FROM folded WHERE day IS NULL GROUP BY book_id ORDER BY book_id
        ON CONFLICT (book_id) DO UPDATE SET
          unassigned = c.unassigned + EXCLUDED.unassigned, assigned = c.assigned + EXCLUDED.assigned,
          locked = c.locked + EXCLUDED.locked, redeemed = c.redeemed + EXCLUDED.redeemed),
      days AS (
        INSERT INTO book_redemption_counts AS c (book_id, day, redemptions)
        SELECT book_id, day, sum(redemptions) FROM folded WHERE day IS NOT NULL GROUP BY book_id, day ORDER BY book_id, day
        ON CONFLICT (book_id, day) DO UPDATE SET redemptions = c.redemptions + EXCLUDED.redemptions)
      SELECT count(*) AS folded FROM folded`.execute(db);
    full = rows[0]!.folded === FOLDED_AT_ONCE;
  }
  // What is left of books that were deleted.
  await sql`DELETE FROM book_counts c WHERE NOT EXISTS (SELECT FROM books b WHERE b.id = c.book_id)`.execute(
    db,
  );
}
