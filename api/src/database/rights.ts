import { sql } from 'kysely';
import type { Database } from './connection.ts';
import { errorCode } from './errors.ts';
import type { DB } from './types.ts';

/** Other programs may have tables beside ours. */
const TABLES: Record<keyof DB, true> = {
  access_links: true,
  book_alerts: true,
  book_count_deltas: true,
  book_counts: true,
  book_redemption_counts: true,
  book_user_counters: true,
  books: true,
  budgets: true,
  code_order: true,
  coupon_codes: true,
  coupons: true,
  distribution_shares: true,
  distributions: true,
  events: true,
  idempotency_keys: true,
  job_errors: true,
  jobs: true,
  lock_ends: true,
  notices: true,
  pool_users: true,
  redemption_history: true,
  relays: true,
  replays: true,
  restored_rows: true,
  sessions: true,
  signing_keys: true,
  unnamed_events: true,
  unregistered_coupons: true,
  upload_parts: true,
  user_pools: true,
  users: true,
  webhook_deliveries: true,
  webhooks: true,
};

/** The role may not do something; or may not look into the schema, in which case PostgreSQL says that there is no such table. */
export function isMissingRight(error: unknown): boolean {
  return /^(42501|42P01|3F000)$/.test(errorCode(error) ?? '');
}

/**
 * The statements that give the service's role the rights it lacks, for the owner of the database to run. None may be missing although
 * PostgreSQL says so: it says the same of files that it may not write.
 */
export async function listMissingRights(db: Database): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`
    WITH schemas AS (
      SELECT oid, nspname FROM pg_namespace WHERE nspname IN (coalesce(current_schema(), 'public'), 'pgboss')
    ), ours AS (
      SELECT c.oid, format('%I.%I', s.nspname, c.relname) AS name
      FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p')
        AND (s.nspname = 'pgboss' OR c.relname = ANY (${Object.keys(TABLES)}))
    ), missing AS (
      SELECT 1 AS step, format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user) AS statement
      WHERE to_regnamespace('pgboss') IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
      UNION ALL
      SELECT 2, format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', nspname, current_user) FROM schemas
      WHERE NOT has_schema_privilege(oid, 'USAGE') OR NOT has_schema_privilege(oid, 'CREATE')
      UNION ALL
      SELECT 3, format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', name, current_user) FROM ours
      WHERE NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    )
    SELECT statement FROM missing ORDER BY step, statement`.execute(db);
  return rows.map(({ statement }) => statement);
}
