import { sql } from 'kysely';
import type { Database, Transaction } from '../database/connection.ts';

export interface ServerFacts {
  version: string;
  versionNumber: number;
  encoding: string;
  readOnly: boolean;
  fsync: string;
  fullPageWrites: string;
  synchronousCommit: string;
  walCompression: string;
  autovacuum: string;
  freeConnections: number;
  now: Date;
  transactionAge: number;
}

export async function findServerFacts(db: Database): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::integer AS "versionNumber",
           pg_encoding_to_char(d.encoding) AS encoding,
           pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS "readOnly",
           current_setting('fsync') AS fsync, current_setting('full_page_writes') AS "fullPageWrites",
           current_setting('synchronous_commit') AS "synchronousCommit",
           current_setting('wal_compression') AS "walCompression", current_setting('autovacuum') AS autovacuum,
           least(current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
                   - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                 CASE WHEN d.datconnlimit < 0 THEN 100000
                      ELSE d.datconnlimit - (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid) END)::integer
             AS "freeConnections",
           clock_timestamp() AS now, age(d.datfrozenxid) AS "transactionAge"
    FROM pg_database d WHERE d.datname = current_database()`.execute(db);
  return rows[0]!;
}

/** The names of the migrations that the database has; none when it has no such table yet. */
export async function listAppliedMigrations(db: Database): Promise<string[]> {
  const { rows: found } = await sql<{ found: boolean }>`
    SELECT to_regclass('migrations') IS NOT NULL AS found`.execute(db);
  if (!found[0]!.found) return [];
  const { rows } = await sql<{ name: string }>`SELECT name FROM migrations ORDER BY id`.execute(db);
  return rows.map(({ name }) => name);
}

/** Open longer than this, nobody waits for it any more. */
const OLD_MINUTES = 5;
const BLOCKED_SECONDS = 10;
const MOST = 10;

export async function listOldTransactions(
  db: Database,
  minutes = OLD_MINUTES,
): Promise<{ pid: number; application: string; minutes: number }[]> {
  const { rows } = await sql<{ pid: number; application: string; minutes: number }>`
    SELECT pid, coalesce(application_name, '') AS application,
           (extract(epoch FROM clock_timestamp() - xact_start) / 60)::integer AS minutes
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - ${minutes} * interval '1 minute'
    ORDER BY xact_start LIMIT ${MOST}`.execute(db);
  return rows;
}

export async function listPreparedTransactions(
  db: Database,
  minutes = OLD_MINUTES,
): Promise<{ gid: string; minutes: number }[]> {
  const { rows } = await sql<{ gid: string; minutes: number }>`
    SELECT gid, (extract(epoch FROM clock_timestamp() - prepared) / 60)::integer AS minutes
    FROM pg_prepared_xacts
    WHERE database = current_database() AND prepared < clock_timestamp() - ${minutes} * interval '1 minute'
    ORDER BY prepared LIMIT ${MOST}`.execute(db);
  return rows;
}

export async function listBlockedSessions(
  db: Database,
  seconds = BLOCKED_SECONDS,
): Promise<{ pid: number; blockedBy: string; seconds: number }[]> {
  const { rows } = await sql<{ pid: number; blockedBy: string; seconds: number }>`
    SELECT l.pid, array_to_string(pg_blocking_pids(l.pid), ', ') AS "blockedBy",
           extract(epoch FROM clock_timestamp() - min(l.waitstart))::integer AS seconds
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database()
    WHERE NOT l.granted AND l.waitstart < clock_timestamp() - ${seconds} * interval '1 second'
    GROUP BY l.pid ORDER BY 3 DESC LIMIT ${MOST}`.execute(db);
  return rows;
}

export async function listInactiveSlots(db: Database): Promise<{ name: string; megabytes: number }[]> {
  const { rows } = await sql<{ name: string; megabytes: number }>`
    SELECT slot_name AS name,
           coalesce(pg_wal_lsn_diff(
             CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)
             / 1048576, 0)::integer AS megabytes
    FROM pg_replication_slots WHERE NOT active ORDER BY 2 DESC LIMIT ${MOST}`.execute(db);
  return rows;
}

export async function listInvalidIndexes(db: Database): Promise<{ name: string }[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT i.indexrelid::regclass::text AS name
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace IN (to_regnamespace(coalesce(current_schema(), 'public')), to_regnamespace('pgboss'))
      -- One that is being built is not finished, not broken.
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
    ORDER BY 1 LIMIT ${MOST}`.execute(db);
  return rows;
}

export interface Backlog {
  unsweptLocks: number;
  unsweptMinutes: number;
  unfoldedRows: number;
  waitingJobs: number;
  waitingMinutes: number;
  failedJobs: number;
  stoppedRelays: string[];
  failingWebhooks: number;
  admins: number;
  initialPassword: string | null;
  emailClashes: number;
  signingKeyDays: number | null;
}

/** What the background has not done yet, and the accounts that somebody must look after. */
export async function findBacklog(db: Database): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    WITH unswept AS (
      SELECT count(*) AS n, min(l.ends_at) AS oldest
      FROM lock_ends l JOIN coupons c
        ON c.book_id = l.book_id AND c.id = l.coupon_id AND c.lock_expires_at = l.ends_at AND c.state = 'LOCKED'
      WHERE l.ends_at < clock_timestamp() - interval '10 minutes'),
    waiting AS (SELECT count(*) AS n, min(created_at) AS oldest FROM jobs WHERE status = 'queued')
    SELECT unswept.n AS "unsweptLocks",
           coalesce(extract(epoch FROM clock_timestamp() - unswept.oldest) / 60, 0)::integer AS "unsweptMinutes",
           (SELECT count(*) FROM (SELECT FROM book_count_deltas LIMIT 1000000) d) AS "unfoldedRows",
           waiting.n AS "waitingJobs",
           coalesce(extract(epoch FROM clock_timestamp() - waiting.oldest) / 60, 0)::integer AS "waitingMinutes",
           (SELECT count(*) FROM jobs
            WHERE status = 'failed' AND finished_at > clock_timestamp() - interval '24 hours') AS "failedJobs",
           ARRAY(SELECT name FROM relays WHERE stopped_at IS NOT NULL ORDER BY name) AS "stoppedRelays",
           (SELECT count(*) FROM webhooks
            WHERE failing_since IS NOT NULL OR disabled_reason <> 'administrator') AS "failingWebhooks",
           (SELECT count(*) FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL) AS admins,
           (SELECT min(email) FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL AND initial_password) AS "initialPassword",
           (SELECT count(*) FROM users WHERE email_clash AND disabled_at IS NULL) AS "emailClashes",
           (SELECT (extract(epoch FROM clock_timestamp() - max(created_at)) / 86400)::integer FROM signing_keys
            WHERE expires_at IS NULL) AS "signingKeyDays"
    FROM unswept, waiting`.execute(db);
  return rows[0]!;
}

export async function listBookIds(trx: Transaction): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM books ORDER BY created_at, id`.execute(trx);
  return rows.map(({ id }) => id);
}

/** What is not as it must be: how often, and one of them. */
export interface Broken {
  count: number;
  example: string | null;
}

/** People whose counter is not the number of coupons that they have of the book. */
export async function findBrokenCounters(trx: Transaction, bookId: string): Promise<Broken> {
  const { rows } = await sql<Broken>`
    WITH given AS (
      SELECT assigned_user_id AS user_id, count(*) AS assigned FROM coupons
      WHERE book_id = ${bookId} AND assigned_user_id IS NOT NULL GROUP BY 1),
    counted AS (SELECT user_id, assigned FROM book_user_counters WHERE book_id = ${bookId} AND assigned <> 0),
    broken AS (
      SELECT 'User ' || user_id || ': ' || coalesce(c.assigned, 0) || ' counted, ' || coalesce(g.assigned, 0) || ' given.' AS line
      FROM counted c FULL JOIN given g USING (user_id) WHERE c.assigned IS DISTINCT FROM g.assigned)
    SELECT count(*) AS count, min(line) AS example FROM broken`.execute(trx);
  return rows[0]!;
}

/** Whether base and deltas of a book's counts are the counts of its coupons. */
export async function findBrokenCounts(trx: Transaction, bookId: string): Promise<Broken> {
  const { rows } = await sql<Broken>`
    WITH kept AS (
      SELECT coalesce(sum(unassigned), 0) AS unassigned, coalesce(sum(assigned), 0) AS assigned,
             coalesce(sum(locked), 0) AS locked, coalesce(sum(redeemed), 0) AS redeemed
      FROM (SELECT unassigned, assigned, locked, redeemed FROM book_counts WHERE book_id = ${bookId}
            UNION ALL SELECT unassigned, assigned, locked, redeemed FROM book_count_deltas
            WHERE book_id = ${bookId} AND day IS NULL) parts),
    real AS (
      SELECT count(*) FILTER (WHERE state = 'UNASSIGNED') AS unassigned, count(*) FILTER (WHERE state = 'ASSIGNED') AS assigned,
             count(*) FILTER (WHERE state = 'LOCKED') AS locked, count(*) FILTER (WHERE state = 'REDEEMED') AS redeemed
      FROM coupons WHERE book_id = ${bookId})
    SELECT count(*) AS count,
           min('Kept ' || kept::text || ', real ' || real::text || ' (unassigned, assigned, locked, redeemed).') AS example
    FROM kept, real
    WHERE (kept.unassigned, kept.assigned, kept.locked, kept.redeemed)
      IS DISTINCT FROM (real.unassigned, real.assigned, real.locked, real.redeemed)`.execute(trx);
  return rows[0]!;
}

/** Coupons whose number of redemptions is not that of their history, less what was rolled back. */
export async function findBrokenRedemptions(trx: Transaction, bookId: string): Promise<Broken> {
  const { rows } = await sql<Broken>`
    WITH made AS (
      SELECT h.coupon_id, count(*) FILTER (WHERE r.id IS NULL) AS n FROM redemption_history h
      LEFT JOIN redemption_history r ON r.book_id = h.book_id AND r.coupon_id = h.coupon_id AND r.rollback_of = h.id
      WHERE h.book_id = ${bookId} AND h.rollback_of IS NULL GROUP BY 1),
    broken AS (
      SELECT 'Coupon ' || coalesce(c.id, m.coupon_id) || ': ' || coalesce(c.redemption_count, 0) || ' counted, '
             || coalesce(m.n, 0) || ' in the history.' AS line
      FROM (SELECT id, redemption_count FROM coupons WHERE book_id = ${bookId} AND redemption_count <> 0) c
      FULL JOIN (SELECT * FROM made WHERE n <> 0) m ON m.coupon_id = c.id
      WHERE c.redemption_count IS DISTINCT FROM m.n)
    SELECT count(*) AS count, min(line) AS example FROM broken`.execute(trx);
  return rows[0]!;
}

/** Coupons that are in another state than their last event left them in. */
export async function findBrokenTrail(trx: Transaction, bookId: string): Promise<Broken> {
  const { rows } = await sql<Broken>`
    WITH last AS (
      SELECT DISTINCT ON (coupon_id) coupon_id,
        CASE type WHEN 'coupon.assigned' THEN 'ASSIGNED' WHEN 'coupon.locked' THEN 'LOCKED'
                  WHEN 'coupon.unlocked' THEN 'ASSIGNED' WHEN 'coupon.lock_expired' THEN 'ASSIGNED'
                  WHEN 'coupon.unassigned' THEN 'UNASSIGNED' ELSE data->>'state' END AS state
      FROM events WHERE book_id = ${bookId} ORDER BY coupon_id, id DESC),
    broken AS (
      SELECT 'Coupon ' || c.id || ' is ' || c.state || '; its last event leads to ' || coalesce(l.state, 'UNASSIGNED') || '.' AS line
      FROM coupons c LEFT JOIN last l ON l.coupon_id = c.id
      WHERE c.book_id = ${bookId} AND c.state::text <> coalesce(l.state, 'UNASSIGNED'))
    SELECT count(*) AS count, min(line) AS example FROM broken`.execute(trx);
  return rows[0]!;
}
