import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import { packageFiles } from '../package-files.ts';
import { clientWith, isPoolerRefusal } from './session.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A migration takes its time. */
const UNLIMITED = { statement_timeout: 0, lock_timeout: 0, idle_in_transaction_session_timeout: 0 };

/**
 * Brings a database to the newest schema; does nothing when it is there. Several processes may call it at once: an
 * advisory lock lets one work while the others wait and then find nothing to do. All pending files are one
 * transaction, so a failing one leaves the database as it was.
 *
 * @param databaseUrl a direct connection (not through PgBouncer: the lock belongs to a session)
 * @returns the names of the files applied
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = await connect(databaseUrl);
  try {
    const applied = await runner({
      dbClient: client,
      dir: packageFiles.migrations,
      direction: 'up',
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      log: () => {},
    });
    return applied.map(({ name }) => name);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(databaseUrl: string, isOwnSession = true): Promise<pg.Client> {
  const Client = clientWith(UNLIMITED, () => isOwnSession);
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Migrations of another process may be waited for for minutes, in which nothing else would tell that the database is gone.
    keepAlive: true,
    keepAliveInitialDelayMillis: CONNECT_TIMEOUT_MS,
  });
  // Nobody listens to the connection that the runner would open: one that breaks would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isOwnSession && isPoolerRefusal(error)) return connect(databaseUrl, false);
    throw error;
  }
}
