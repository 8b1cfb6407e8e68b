import { sql } from 'kysely';
import type { Database } from './connection.ts';

/** The age in seconds of the oldest transaction in this database, of whatever program; 0: none is open. */
export async function findOldestTransactionAge(db: Database): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float AS seconds FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`.execute(
    db,
  );
  return rows[0]!.seconds;
}
