import { sql } from 'kysely';
import { copyFrom } from '../../database/bulk.ts';
import type { Database, Transaction } from '../../database/connection.ts';

/**
 * Where codes wait for being stored, and which were: both gone with the transaction. `position` is the line in a file or the
 * number of a draw.
 */
export async function createStagedCodes(trx: Transaction): Promise<void> {
  await sql`
    CREATE TEMPORARY TABLE staged_codes (position bigint NOT NULL, code text COLLATE "C" NOT NULL) ON COMMIT DROP`.execute(
    trx,
  );
  await sql`CREATE TEMPORARY TABLE stored_codes (code text COLLATE "C" NOT NULL) ON COMMIT DROP`.execute(trx);
}

/**
 * @param rows pieces of `position TAB code LF`; codes in canonical form need no escapes
 * @returns how many rows
 */
export async function copyStagedCodes(
  trx: Transaction,
  rows: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  return copyFrom(trx, 'COPY staged_codes (position, code) FROM STDIN', rows);
}

export async function clearStagedCodes(trx: Transaction): Promise<void> {
  await sql`TRUNCATE staged_codes`.execute(trx);
}

/**
 * Makes coupons of the staged codes that are new, and remembers which. In the order of the codes: two transactions that store the
 * same codes wait for each other at the first of them and cannot deadlock, and the unique index grows from one end to the other.
 * @returns how many were stored
 */
export async function insertStagedCodes(trx: Transaction, bookId: string): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH inserted AS (
      INSERT INTO coupons (book_id, code)
      SELECT ${bookId}, code FROM staged_codes ORDER BY code
      ON CONFLICT (code) DO NOTHING
      RETURNING code)
    INSERT INTO stored_codes SELECT code FROM inserted`.execute(trx);
  return Number(numAffectedRows);
}

export interface DuplicateRow {
  line: number;
  code: string;
  /** Where the file has the code first; the same line: it was there before the file. */
  firstLine: number;
}

/** Staged codes that were not stored, or not by this line; in the order of the file. */
export async function listDuplicates(trx: Transaction, limit: number): Promise<DuplicateRow[]> {
  const { rows } = await sql<DuplicateRow>`
    SELECT position AS line, code, "firstLine"
    FROM (SELECT position, code, min(position) OVER (PARTITION BY code) AS "firstLine" FROM staged_codes) s
    WHERE position > "firstLine" OR NOT EXISTS (SELECT FROM stored_codes t WHERE t.code = s.code)
    ORDER BY position LIMIT ${limit}`.execute(trx);
  return rows;
}

/**
 * Makes coupons of staged codes that are new, in the order of the codes.
 * @param limit most to make; undefined: all. Those drawn first are taken, so that the choice is as random as the draw
 * @returns how many were stored
 */
export async function insertDrawnCodes(
  trx: Transaction,
  bookId: string,
  limit: number | undefined,
): Promise<number> {
  const chosen =
    limit === undefined
      ? sql`staged_codes`
      : sql`(SELECT s.code FROM staged_codes s
             WHERE NOT EXISTS (SELECT FROM coupons c WHERE c.code = s.code)
             ORDER BY s.position LIMIT ${limit}) chosen`;
  const { numAffectedRows } = await sql`
    INSERT INTO coupons (book_id, code) SELECT ${bookId}, code FROM ${chosen} ORDER BY code
    ON CONFLICT (code) DO NOTHING`.execute(trx);
  return Number(numAffectedRows);
}

/**
 * How many codes of any book fit a pattern. LIKE gives the length and the literals, its literal head a range of the unique index;
 * the regular expression adds the character set.
 */
export async function countCodesLike(
  db: Database | Transaction,
  { like, regex }: { like: string; regex: string },
): Promise<number> {
  const { rows } = await sql<{ existing: number }>`
    SELECT count(*) AS existing FROM coupons WHERE code LIKE ${like} AND code ~ ${regex}`.execute(db);
  return rows[0]!.existing;
}

/** At least as many as there are coupons, read from the end of an index: an id is given once. */
export async function findHighestCouponId(db: Database | Transaction): Promise<number> {
  const { rows } = await sql<{ id: number }>`SELECT coalesce(max(id), 0)::bigint AS id FROM coupons`.execute(
    db,
  );
  return rows[0]!.id;
}

/** Waits until no other transaction generates codes of a tight pattern; until the end of this one. */
export async function lockTightPatterns(trx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock('coupons'::regclass::oid::integer, 1)`.execute(trx);
}
