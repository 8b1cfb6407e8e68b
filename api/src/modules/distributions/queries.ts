import { sql } from 'kysely';
import { allOf } from '../../database/conditions.ts';
import type { Database, Transaction } from '../../database/connection.ts';
import type { Entrant, Terms } from './draw.ts';

export type Member = Entrant & { email: string; disabled: boolean };

/**
 * How many coupons of a book are left, and the members of a pool with what each has been given of it, in ascending order of their ids.
 * One statement, so of one moment: a coupon that is claimed meanwhile is missing on one side only if it is there on the other. Asked one
 * after the other, what was claimed in between was taken from the stock but not from the room of who has it, and stayed over at the end.
 */
export async function findStockAndMembers(
  db: Database | Transaction,
  poolId: string,
  bookId: string,
): Promise<{ stock: number; members: Member[] }> {
  const { rows } = await sql<Member & { stock: number }>`
    SELECT m.user_id AS "userId", u.email, u.disabled_at IS NOT NULL AS disabled, coalesce(c.assigned, 0) AS already,
           (SELECT count(*) FROM coupons WHERE book_id = ${bookId} AND assigned_user_id IS NULL) AS stock
    FROM pool_users m
    JOIN users u ON u.id = m.user_id
    LEFT JOIN book_user_counters c ON c.book_id = ${bookId} AND c.user_id = m.user_id
    WHERE m.pool_id = ${poolId}
    ORDER BY m.user_id`.execute(db);
  return { stock: rows[0]?.stock ?? 0, members: rows.map(({ stock: _, ...member }) => member) };
}

/** The record of a draw; its list and outcome are in `distribution_shares`. */
export interface DrawRow {
  jobId: string;
  poolId: string | null;
  bookId: string;
  seed: Buffer;
  algorithm: number;
  terms: Terms;
  listHash: Buffer;
  outcomeHash: Buffer;
  drawnAt: Date;
}

export async function insertDraw(trx: Transaction, draw: Omit<DrawRow, 'drawnAt'>): Promise<void> {
  await sql`
    INSERT INTO distributions (job_id, pool_id, book_id, seed, algorithm, terms, list_hash, outcome_hash)
    VALUES (${draw.jobId}, (SELECT id FROM user_pools WHERE id = ${draw.poolId}), ${draw.bookId}, ${draw.seed},
            ${draw.algorithm}, ${JSON.stringify(draw.terms)}, ${draw.listHash}, ${draw.outcomeHash})`.execute(
    trx,
  );
}

export async function findDraw(db: Database, jobId: string): Promise<DrawRow | undefined> {
  const { rows } = await sql<DrawRow>`
    SELECT job_id AS "jobId", pool_id AS "poolId", book_id AS "bookId", seed, algorithm, terms, list_hash AS "listHash",
           outcome_hash AS "outcomeHash", drawn_at AS "drawnAt"
    FROM distributions WHERE job_id = ${jobId}`.execute(db);
  return rows[0];
}

export interface Share extends Entrant {
  lot: number;
  share: number;
  given: number;
}

/** Stores shares by lot. */
export async function insertShares(
  trx: Transaction,
  jobId: string,
  shares: readonly Omit<Share, 'given'>[],
): Promise<void> {
  const column = <T>(read: (share: Omit<Share, 'given'>) => T) => shares.map(read);
  await sql`
    INSERT INTO distribution_shares (job_id, lot, user_id, already, share)
    SELECT ${jobId}, * FROM unnest(
      ${column(({ lot }) => lot)}::integer[], ${column(({ userId }) => userId)}::uuid[],
      ${column(({ already }) => already)}::integer[], ${column(({ share }) => share)}::integer[])`.execute(
    trx,
  );
}

/** Forgets the shares of a draw that was not finished. */
export async function deleteShares(trx: Transaction, jobId: string): Promise<void> {
  await sql`DELETE FROM distribution_shares WHERE job_id = ${jobId}`.execute(trx);
}

/**
 * Shares in the order of lots, which are numbered without a gap, from above `afterLot`. By both ends: with a LIMIT, all that were left were
 * read and sorted for each step, because PostgreSQL knew nothing yet of a table that had just been filled.
 */
export async function listShares(
  db: Database | Transaction,
  jobId: string,
  { afterLot, limit }: { afterLot: number; limit: number },
): Promise<Share[]> {
  const { rows } = await sql<Share>`
    SELECT lot, user_id AS "userId", already, share, given FROM distribution_shares
    WHERE job_id = ${jobId} AND lot > ${afterLot} AND lot <= ${afterLot + limit} ORDER BY lot`.execute(db);
  return rows;
}

/** Notes what users were given of their shares, in the order of lots. By both ends of them, as above. */
export async function addGiven(
  trx: Transaction,
  jobId: string,
  grants: readonly { lot: number; given: number }[],
): Promise<void> {
  if (grants.length === 0) return;
  const lots = grants.map(({ lot }) => lot);
  await sql`
    UPDATE distribution_shares s SET given = s.given + g.given
    FROM unnest(${lots}::integer[], ${grants.map(({ given }) => given)}::integer[]) AS g(lot, given)
    WHERE s.job_id = ${jobId} AND s.lot = g.lot AND s.lot BETWEEN ${lots[0]!} AND ${lots.at(-1)!}`.execute(
    trx,
  );
}

/** Assignments that a job made, oldest first, from above the event `afterId`. */
export async function listAssignments(
  trx: Transaction,
  jobId: string,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<{ id: number; couponId: number; userId: string; assignedAt: Date }[]> {
  const { rows } = await sql<{ id: number; couponId: number; userId: string; assignedAt: Date }>`
    SELECT id, coupon_id AS "couponId", user_id AS "userId", occurred_at AS "assignedAt" FROM events
    WHERE job_id = ${jobId} AND id > ${afterId} AND type = 'coupon.assigned'
    ORDER BY id LIMIT ${limit}`.execute(trx);
  return rows;
}

/** Coupons of a book that a job gave to users, and that are still theirs. */
const stillGiven = (job: { id: string; bookId: string }, userIds: readonly string[]) => sql`
  c.assigned_user_id = ANY(${userIds}::uuid[]) AND c.book_id = ${job.bookId} AND EXISTS (
    SELECT FROM events e WHERE e.book_id = c.book_id AND e.coupon_id = c.id AND e.job_id = ${job.id} AND e.type = 'coupon.assigned')`;

/** Which of the users are enabled and still have something that the job gave them. */
export async function findHolders(
  db: Database,
  job: { id: string; bookId: string },
  userIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT u.id FROM users u
    WHERE u.id = ANY(${userIds}::uuid[]) AND u.disabled_at IS NULL
      AND EXISTS (SELECT FROM coupons c WHERE c.assigned_user_id = u.id AND ${stillGiven(job, userIds)})`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

export interface GivenCoupon {
  couponId: number;
  userId: string;
  email: string;
  name: string | null;
  code: string;
}

/** What the job gave these users and is still theirs, by user and coupon, from above `after`. */
export async function listGivenCoupons(
  db: Database,
  job: { id: string; bookId: string },
  userIds: readonly string[],
  { after, limit }: { after?: GivenCoupon; limit: number },
): Promise<GivenCoupon[]> {
  const { rows } = await sql<GivenCoupon>`
    SELECT c.id AS "couponId", u.id AS "userId", u.email, u.name, c.code
    FROM coupons c JOIN users u ON u.id = c.assigned_user_id
    WHERE ${allOf(
      stillGiven(job, userIds),
      after && sql`(c.assigned_user_id, c.id) > (${after.userId}::uuid, ${after.couponId}::bigint)`,
    )}
    ORDER BY c.assigned_user_id, c.id LIMIT ${limit}`.execute(db);
  return rows;
}
