import { sql } from 'kysely';
import type { Database, Transaction } from '../../database/connection.ts';

/**
 * Makes coupons of the codes that are new. In the order of the codes: two transactions that store the same ones wait for each other
 * at the first of them and cannot deadlock.
 * @param codes canonical, each once
 * @returns those that existed
 */
export async function insertCodes(
  trx: Transaction,
  bookId: string,
  codes: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ code: string }>`
    WITH wanted AS MATERIALIZED (SELECT code FROM unnest(${codes}::text[]) AS wanted(code)),
    inserted AS (
      INSERT INTO coupons (book_id, code) SELECT ${bookId}, code FROM wanted ORDER BY code COLLATE "C"
      ON CONFLICT (code) DO NOTHING RETURNING code)
    SELECT code FROM wanted EXCEPT ALL SELECT code FROM inserted`.execute(trx);
  return rows.map(({ code }) => code);
}

/** Which of the codes are in a book, stored since an id was the highest. */
export async function findStoredSince(
  trx: Transaction,
  bookId: string,
  id: number,
  codes: readonly string[],
): Promise<Set<string>> {
  if (codes.length === 0) return new Set();
  const { rows } = await sql<{ code: string }>`
    SELECT code FROM coupons WHERE code = ANY(${codes}::text[]) AND book_id = ${bookId} AND id > ${id}`.execute(
    trx,
  );
  return new Set(rows.map(({ code }) => code));
}

/**
 * Makes coupons of drawn codes that are new, in the order of the codes.
 * @param limit most to make: those drawn first are taken, so that the choice is as random as the draw
 * @returns how many were stored
 */
export async function insertDrawnCodes(
  trx: Transaction,
  bookId: string,
  codes: readonly string[],
  limit: number,
): Promise<number> {
  const chosen =
    codes.length <= limit
      ? sql`unnest(${codes}::text[]) AS chosen(code)`
      : sql`(SELECT d.code FROM unnest(${codes}::text[]) WITH ORDINALITY AS d(code, position)
             WHERE NOT EXISTS (SELECT FROM coupons c WHERE c.code = d.code)
             ORDER BY d.position LIMIT ${limit}) chosen`;
  const { numAffectedRows } = await sql`
    INSERT INTO coupons (book_id, code) SELECT ${bookId}, code FROM ${chosen} ORDER BY code COLLATE "C"
    ON CONFLICT (code) DO NOTHING`.execute(trx);
  return Number(numAffectedRows);
}

/** Codes of a pattern that unfinished jobs are still to make. */
export async function countPromisedCodes(
  trx: Transaction,
  { text, charset }: { text: string; charset: string },
): Promise<number> {
  const { rows } = await sql<{ promised: number }>`
    SELECT coalesce(sum((input->>'count')::bigint - done), 0)::bigint AS promised FROM jobs
    WHERE kind = 'generate' AND status IN ('queued', 'running')
      AND input->>'pattern' = ${text} AND input->>'charset' = ${charset}`.execute(trx);
  return rows[0]!.promised;
}

export async function insertUploadPart(
  db: Database,
  uploadId: string,
  part: number,
  bytes: Buffer,
): Promise<void> {
  await sql`INSERT INTO upload_parts (upload_id, part, bytes) VALUES (${uploadId}, ${part}, ${bytes})`.execute(
    db,
  );
}

export async function findUploadPart(
  db: Database,
  uploadId: string,
  part: number,
): Promise<Buffer | undefined> {
  const { rows } = await sql<{ bytes: Buffer }>`
    SELECT bytes FROM upload_parts WHERE upload_id = ${uploadId} AND part = ${part}`.execute(db);
  return rows[0]?.bytes;
}

export async function deleteUpload(db: Database | Transaction, uploadId: string): Promise<void> {
  await sql`DELETE FROM upload_parts WHERE upload_id = ${uploadId}`.execute(db);
}

/** Forgets uploads that never became a job: their process was killed. */
export async function deleteOldUploads(db: Database): Promise<void> {
  await sql`
    DELETE FROM upload_parts p WHERE created_at < (SELECT clock_timestamp() - interval '1 day')
      AND NOT EXISTS (SELECT FROM jobs j WHERE j.input->>'uploadId' = p.upload_id::text AND j.finished_at IS NULL)`.execute(
    db,
  );
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
