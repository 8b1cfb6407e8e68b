import { sql } from 'kysely';
import type { Database } from '../src/database/connection.ts';
import { inTransaction } from '../src/database/transaction.ts';

/** When things shall have happened, in milliseconds since 1970. */
export interface Past {
  /** The n-th thing that somebody did with a coupon, jobs aside. */
  acts: { code: string; number: number; at: number }[];
  /** By id; what a job did moves with it. */
  jobs: Map<string, number>;
  /** `endedAt`: when a book was archived, an account disabled. */
  books: Map<string, { createdAt: number; endedAt: number | null }>;
  users: Map<string, { createdAt: number; endedAt: number | null }>;
  pools: Map<string, number>;
}

/** Whether the demo data are complete: `moveIntoPast` has left its mark. */
export async function isComplete(db: Database): Promise<boolean> {
  const { rows } = await sql<{ complete: boolean }>`
    SELECT to_regnamespace('demo') IS NOT NULL AS complete`.execute(db);
  return rows[0]!.complete;
}

/**
 * Moves what has just been done into the past, as the last step of the making of demo data: the service itself cannot, since only
 * the database's clock decides. Everything but the times is as the service wrote it. The events get the times planned for them;
 * coupons, redemptions and counts get theirs from the events, so that they agree as they did before.
 *
 * Events and redemptions are append-only by triggers. Their owner turns these off within this one transaction; and with them those that
 * count, so the days are counted anew at the end.
 * @throws when what is planned and what has happened differ; then nothing has been changed
 */
export async function moveIntoPast(db: Database, past: Past): Promise<void> {
  await inTransaction(db, async (trx) => {
    const run = async (statement: Sql, expected?: number) => {
      const changed = Number((await statement.execute(trx)).numAffectedRows);
      if (expected !== undefined && changed !== expected) {
        throw new Error(`${changed} rows of the demo's past were found, ${expected} were planned`);
      }
    };
    const triggered = [sql`coupons`, sql`events`, sql`redemption_history`];
    for (const table of triggered) await run(sql`ALTER TABLE ${table} DISABLE TRIGGER USER`);
    // No chore in between: the folding of counts, the writing down of locks that ran out.
    await run(sql`LOCK TABLE coupons, book_count_deltas, book_redemption_counts IN SHARE ROW EXCLUSIVE MODE`);
    await moveSettings(run, sql`users`, sql`disabled_at`, past.users);
    await moveSettings(run, sql`books`, sql`archived_at`, past.books);
    await run(
      sql`UPDATE user_pools t SET created_at = p.at, updated_at = p.at FROM ${byId(past.pools)} WHERE t.id = p.id`,
      past.pools.size,
    );
    await run(
      sql`UPDATE pool_users m SET added_at = greatest(p.created_at, u.created_at)
          FROM user_pools p, users u WHERE p.id = m.pool_id AND u.id = m.user_id`,
    );
    await moveJobs(run, past.jobs);
    await moveActs(run, past.acts);
    await run(sql`DELETE FROM book_redemption_counts`);
    await run(sql`DELETE FROM book_count_deltas WHERE day IS NOT NULL`);
    await run(sql`
      INSERT INTO book_redemption_counts (book_id, day, redemptions)
      SELECT h.book_id, (coalesce(o.redeemed_at, h.redeemed_at) AT TIME ZONE 'UTC')::date,
             sum(CASE WHEN h.rollback_of IS NULL THEN 1 ELSE -1 END)
      FROM redemption_history h LEFT JOIN redemption_history o ON o.id = h.rollback_of
      GROUP BY 1, 2`);
    for (const table of triggered) await run(sql`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    await run(sql`CREATE SCHEMA demo`);
  });
}

type Sql = ReturnType<typeof sql>;
type Run = (statement: Sql, expected?: number) => Promise<void>;

async function moveSettings(run: Run, table: Sql, endedAt: Sql, moves: Past['users']): Promise<void> {
  const column = (read: (move: { createdAt: number; endedAt: number | null }) => number | null) =>
    [...moves.values()].map((move) => iso(read(move)));
  await run(
    sql`UPDATE ${table} t SET created_at = p.created_at, updated_at = coalesce(p.ended_at, p.created_at), ${endedAt} = p.ended_at
        FROM unnest(${[...moves.keys()]}::uuid[], ${column(({ createdAt }) => createdAt)}::timestamptz[],
                    ${column((move) => move.endedAt)}::timestamptz[]) AS p(id, created_at, ended_at)
        WHERE t.id = p.id`,
    moves.size,
  );
}

/** Each job with the coupons that it stored, the draw and the events it made. */
async function moveJobs(run: Run, jobs: Past['jobs']): Promise<void> {
  const moved = sql`(SELECT j.*, p.at - j.created_at AS by FROM jobs j JOIN ${byId(jobs)} USING (id)) j`;
  await run(sql`
    UPDATE coupons c SET created_at = c.created_at + j.by, updated_at = c.created_at + j.by FROM ${moved}
    WHERE j.kind IN ('import', 'generate') AND c.book_id = j.book_id
      AND c.created_at BETWEEN j.started_at AND j.finished_at`);
  await run(sql`UPDATE distributions d SET drawn_at = drawn_at + j.by FROM ${moved} WHERE j.id = d.job_id`);
  await run(sql`UPDATE events e SET occurred_at = occurred_at + j.by FROM ${moved} WHERE j.id = e.job_id`);
  await run(
    sql`UPDATE jobs t SET created_at = t.created_at + j.by, started_at = t.started_at + j.by,
          finished_at = t.finished_at + j.by, cancel_requested_at = t.cancel_requested_at + j.by
        FROM ${moved} WHERE j.id = t.id`,
    jobs.size,
  );
}

/** What people did with coupons; then all that follows from the events, those of jobs included. */
async function moveActs(run: Run, acts: Past['acts']): Promise<void> {
  await run(
    sql`UPDATE events e SET occurred_at = p.at
        FROM unnest(${acts.map(({ code }) => code)}::text[], ${acts.map(({ number }) => number)}::integer[],
                    ${acts.map(({ at }) => iso(at))}::timestamptz[]) AS p(code, number, at),
             (SELECT e.id, c.code, row_number() OVER (PARTITION BY e.coupon_id ORDER BY e.id) AS number
              FROM events e JOIN coupons c ON c.id = e.coupon_id WHERE e.job_id IS NULL) AS done
        WHERE e.id = done.id AND done.code = p.code AND done.number = p.number`,
    acts.length,
  );
  await run(sql`
    UPDATE events e SET data = jsonb_set(data, '{lockExpiresAt}', to_jsonb(to_char(
      (e.occurred_at + b.lock_ttl_seconds * interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
    FROM books b WHERE b.id = e.book_id AND e.type = 'coupon.locked'`);
  await run(sql`
    UPDATE redemption_history h SET redeemed_at = told.occurred_at
    FROM (SELECT coupon_id, occurred_at, row_number() OVER (PARTITION BY coupon_id ORDER BY id) AS number
          FROM events WHERE type = 'coupon.redeemed') told
    WHERE h.rollback_of IS NULL AND told.coupon_id = h.coupon_id AND told.number = h.redemption_number`);
  await run(sql`
    UPDATE redemption_history h SET redeemed_at = e.occurred_at
    FROM events e WHERE e.type = 'coupon.redemption_rolled_back' AND (e.data ->> 'redemptionId')::bigint = h.rollback_of`);
  await run(sql`
    UPDATE coupons c SET
      assigned_at = CASE WHEN assigned_at IS NOT NULL THEN told.assigned END,
      locked_at = CASE WHEN locked_at IS NOT NULL THEN told.locked END,
      lock_expires_at = CASE WHEN lock_expires_at IS NOT NULL THEN told.locked + b.lock_ttl_seconds * interval '1 second' END,
      redeemed_at = told.redeemed, updated_at = told.latest
    FROM books b, (
      SELECT coupon_id, max(occurred_at) AS latest, max(occurred_at) FILTER (WHERE type = 'coupon.assigned') AS assigned,
             max(occurred_at) FILTER (WHERE type = 'coupon.locked') AS locked,
             (SELECT max(redeemed_at) FROM redemption_history h
              WHERE h.book_id = e.book_id AND h.coupon_id = e.coupon_id AND h.rollback_of IS NULL
                AND NOT EXISTS (SELECT FROM redemption_history r
                                WHERE r.book_id = h.book_id AND r.coupon_id = h.coupon_id AND r.rollback_of = h.id))
               AS redeemed
      FROM events e GROUP BY book_id, coupon_id) told
    WHERE b.id = c.book_id AND told.coupon_id = c.id`);
  await run(sql`DELETE FROM lock_ends`);
  await run(sql`
    INSERT INTO lock_ends (book_id, ends_at, coupon_id)
    SELECT book_id, lock_expires_at, id FROM coupons WHERE state = 'LOCKED'`);
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

const byId = (times: ReadonlyMap<string, number>) => sql`
  unnest(${[...times.keys()]}::uuid[], ${[...times.values()].map(iso)}::timestamptz[]) AS p(id, at)`;
