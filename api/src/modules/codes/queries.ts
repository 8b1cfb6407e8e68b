import { randomInt } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../../database/connection.ts';
import type { CouponState } from '../../database/types.ts';

/** The upload or generation that stores codes: its job. */
export interface Batch {
  bookId: string;
  batchId: string;
}

/** A code of a list that was not stored, and where it stands in the list, from 0. */
export interface Rejected {
  code: string;
  position: number;
  /** Where the same code stands for the first time in the list; its own place when the code existed before. */
  first: number;
}

/** So many coupons that are stored one after the other are neighbours in the order in which coupons are given, too. */
const GROUP_SIZE = 64;

/**
 * Makes coupons of new codes, shuffled. One that somebody else has stored since they were looked up fails on the register of codes, and
 * then the transaction is repeated.
 *
 * Coupons are given in the order of their random keys, from a random place. Groups of neighbours in the table share a random beginning
 * of their keys, so that a group of claims touches few pages; who gets which coupon is as random as before, since it is chance which
 * codes are neighbours. (Claims right after a checkpoint logged 2.6 times as much when each coupon had a key of its own.)
 *
 * The order is that of a hash whose seed is the same for all processes, and secret: two transactions that store the same codes wait for
 * each other at the first of them and cannot deadlock, and nobody can tell from a code which others are its neighbours.
 * @param codes a query of them, each once, with the column `code`: see `isNew`
 * @param most how many they are at most
 */
function insertShuffled({ bookId, batchId }: Batch, codes: RawBuilder<unknown>, most: number) {
  const bases = Array.from({ length: Math.ceil(most / GROUP_SIZE) }, () =>
    randomInt(-(2 ** 31), 2 ** 31 - GROUP_SIZE),
  );
  return sql<{ code: string }>`
    INSERT INTO coupons (book_id, code, batch_id, random_key)
    SELECT ${bookId}, code, ${batchId}::uuid, (${bases}::integer[])[1 + place / ${GROUP_SIZE}::integer] + place % ${GROUP_SIZE}::integer
    FROM (SELECT code, (row_number() OVER (ORDER BY hashtextextended(code, (SELECT seed FROM code_order)), code) - 1)::integer AS place
          FROM (${codes}) listed) shuffled
    ORDER BY place`;
}

/** Each is looked up by itself: NOT EXISTS became a hash join that read all codes at each step (55 s for the first million, 32 so). */
const isNew = (code: RawBuilder<unknown>) =>
  sql`(SELECT r.coupon_id FROM coupon_codes r WHERE r.code = ${code}) IS NULL`;

/**
 * Makes coupons of the codes that are new.
 * @param codes canonical, with commas between them: see packed.ts
 * @returns those that were not stored: they existed, or are in the list before
 */
export async function insertCodes(trx: Transaction, batch: Batch, codes: Buffer): Promise<Rejected[]> {
  const { rows } = await sql<Rejected>`
    WITH listed AS MATERIALIZED (
      SELECT code, (position - 1)::integer AS position
      FROM unnest(string_to_array(${codes}::text, ',')) WITH ORDINALITY AS listed(code, position)),
    wanted AS MATERIALIZED (SELECT code, min(position) AS first FROM listed GROUP BY code),
    inserted AS (
      ${insertShuffled(batch, sql`SELECT code FROM wanted WHERE ${isNew(sql`wanted.code`)}`, mostIn(codes))} RETURNING code)
    SELECT listed.code, listed.position, wanted.first
    FROM listed JOIN wanted USING (code) LEFT JOIN inserted USING (code)
    WHERE inserted.code IS NULL OR listed.position > wanted.first
    ORDER BY listed.position`.execute(trx);
  return rows;
}

/** A code has three characters at least, and a comma behind it. */
const mostIn = (codes: Buffer) => Math.ceil((codes.length + 1) / 4);

/** How many of the codes exist, in any book. @param codes as for `insertCodes` */
export async function countExistingCodes(trx: Transaction, codes: Buffer): Promise<number> {
  const { rows } = await sql<{ existing: number }>`
    SELECT count(*)::integer AS existing FROM unnest(string_to_array(${codes}::text, ',')) AS listed(code)
    WHERE NOT ${isNew(sql`listed.code`)}`.execute(trx);
  return rows[0]!.existing;
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
    SELECT code FROM coupon_codes WHERE code = ANY(${codes}::text[]) AND book_id = ${bookId} AND coupon_id > ${id}`.execute(
    trx,
  );
  return new Set(rows.map(({ code }) => code));
}

/**
 * Makes coupons of drawn codes that are new.
 * @param codes as for `insertCodes`
 * @param limit most to make: those drawn first are taken, so that the choice is as random as the draw
 * @returns how many were stored
 */
export async function insertDrawnCodes(
  trx: Transaction,
  batch: Batch,
  codes: Buffer,
  limit: number,
): Promise<number> {
  const chosen = sql`
    SELECT code FROM unnest(string_to_array(${codes}::text, ',')) WITH ORDINALITY AS drawn(code, position)
    WHERE ${isNew(sql`drawn.code`)}
    GROUP BY code ORDER BY min(position) LIMIT ${limit}`;
  const { numAffectedRows } = await insertShuffled(batch, chosen, Math.min(limit, mostIn(codes))).execute(
    trx,
  );
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
 * How many codes of any book fit a pattern. LIKE gives the length and the literals, its literal head a range of the index;
 * the regular expression adds the character set.
 */
export async function countCodesLike(
  db: Database | Transaction,
  { like, regex }: { like: string; regex: string },
): Promise<number> {
  const { rows } = await sql<{ existing: number }>`
    SELECT count(*) AS existing FROM coupon_codes WHERE code LIKE ${like} AND code ~ ${regex}`.execute(db);
  return rows[0]!.existing;
}

/** The highest id of a coupon in a book, read from the end of an index. */
export async function findHighestCouponId(db: Database | Transaction, bookId: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    SELECT coalesce(max(id), 0)::bigint AS id FROM coupons WHERE book_id = ${bookId}`.execute(db);
  return rows[0]!.id;
}

/** The highest id of a coupon: at least as many as there are coupons, since an id is given once. */
export async function findHighestIdOfAll(db: Database | Transaction): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    SELECT coalesce(max(highest.id), 0)::bigint AS id
    FROM books b CROSS JOIN LATERAL (
      SELECT c.id FROM coupons c WHERE c.book_id = b.id ORDER BY c.id DESC LIMIT 1) highest`.execute(db);
  return rows[0]!.id;
}

/** Waits until no other transaction generates codes of a tight pattern; until the end of this one. */
export async function lockTightPatterns(trx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock('coupons'::regclass::oid::integer, 1)`.execute(trx);
}

/** Coupons of a batch with ids above `afterId` and up to `lastId`, locked in the order of their ids. */
export async function selectBatchForUpdate(
  trx: Transaction,
  { bookId, batchId }: Batch,
  { afterId, lastId }: { afterId: number; lastId: number },
): Promise<BatchCoupon[]> {
  const { rows } = await sql<BatchCoupon>`
    SELECT id, code, state FROM coupons
    WHERE book_id = ${bookId} AND id > ${afterId}::bigint AND id <= ${lastId}::bigint AND batch_id = ${batchId}
    ORDER BY id FOR UPDATE`.execute(trx);
  return rows;
}

/** How many coupons of a batch have ids above `afterId` and up to `lastId`. */
export async function countBatch(
  trx: Transaction,
  { bookId, batchId }: Batch,
  { afterId, lastId }: { afterId: number; lastId: number },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM coupons
    WHERE book_id = ${bookId} AND id > ${afterId}::bigint AND id <= ${lastId}::bigint AND batch_id = ${batchId}`.execute(
    trx,
  );
  return rows[0]!.count;
}

export interface BatchCoupon {
  id: number;
  code: string;
  state: CouponState;
}

/**
 * Deletes those of some locked coupons that were never given away. A statement of its own after the one that locks: it sees what was
 * committed while that one waited.
 * @returns the ids of those deleted
 */
export async function deleteNeverGiven(
  trx: Transaction,
  bookId: string,
  ids: readonly number[],
): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`
    DELETE FROM coupons c WHERE c.book_id = ${bookId} AND c.id = ANY(${ids}::bigint[]) AND c.state = 'UNASSIGNED'
      AND NOT EXISTS (SELECT FROM events e WHERE e.book_id = c.book_id AND e.coupon_id = c.id)
    RETURNING c.id`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}
