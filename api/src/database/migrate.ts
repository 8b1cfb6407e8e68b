import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/**
 * Brings a database to the newest schema; does nothing when it is there. Several processes may call it at once: an
 * advisory lock lets one work while the others wait and then find nothing to do. All pending files are one
 * transaction, so a failing one leaves the database as it was.
 *
 * @param databaseUrl a direct connection (not through PgBouncer: the lock belongs to a session)
 * @returns the names of the files applied
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: MIGRATIONS,
    direction: 'up',
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    log: () => {},
  });
  return applied.map(({ name }) => name);
}
