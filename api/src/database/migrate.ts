import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { PG_MIGRATE_LOCK_ID, runner } from 'node-pg-migrate';
import type pg from 'pg';
import { packageFiles } from '../package-files.ts';
import type { Database } from './connection.ts';
import { beginHolding } from './hold-tables.ts';
import { reshape } from './reshape.ts';
import { clientWith, isPoolerRefusal } from './session.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Between looks whether another process has done its migrations. */
const TURN_MS = 200;
/** A migration takes its time. */
const UNLIMITED = { statement_timeout: 0, lock_timeout: 0, idle_in_transaction_session_timeout: 0 };
/** What commands write, in the order in which they do: so the migration meets few who are half-way. */
const BUSY_TABLES = ['books', 'book_user_counters', 'coupons', 'events', 'redemption_history'];

/**
 * Brings a database to the newest schema; does nothing when it is there. Several processes may call it at once: an
 * advisory lock lets one work while the others wait and then find nothing to do. All pending files are one
 * transaction, so a failing one leaves the database as it was. What takes long is done after it, beside commands of the version of
 * before.
 *
 * @param databaseUrl a direct connection (not through PgBouncer: the lock belongs to a session)
 * @param readPassword where the password is kept elsewhere than in the address
 * @returns the names of the files applied
 * @throws also when somebody holds a table that it needs, such as a backup: it is to be called again
 */
export async function migrate(databaseUrl: string, readPassword?: () => Promise<string>): Promise<string[]> {
  const client = await connect(databaseUrl, readPassword);
  try {
    await waitForTurn(client);
    if (await isBehind(client)) await beginHolding(client, await listTables(client));
    const applied = await runner({
      dbClient: client,
      dir: packageFiles.migrations,
      direction: 'up',
      migrationsTable: 'migrations',
      singleTransaction: true,
      noLock: true, // held already
      log: () => {},
    });
    await reshape(client);
    return applied.map(({ name }) => name);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Asks again and again instead of waiting in the database: one that waits there is an open transaction, which the building of an index
 * beside commands (CONCURRENTLY) would wait for in turn.
 */
async function waitForTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ ours: boolean }>(
      'SELECT pg_try_advisory_lock($1::bigint) AS ours',
      [PG_MIGRATE_LOCK_ID],
    );
    if (rows[0]!.ours) return;
    await wait(TURN_MS);
  }
}

async function isBehind(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  );
  if (!rows[0]!.exists) return true;
  const applied = await client.query<{ name: string }>('SELECT name FROM migrations');
  const names = new Set(applied.rows.map(({ name }) => name));
  return readdirSync(packageFiles.migrations).some((file) => !names.has(file.replace(/\.sql$/, '')));
}

/** The tables of the product, quoted; none in a new database. */
async function listTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind = 'r'
     ORDER BY array_position($1::text[], relname::text), relname`,
    [BUSY_TABLES],
  );
  return rows.map(({ name }) => name);
}

/** Whether the newest migration of this version has been applied; for those who do not apply any. */
export async function isMigrated(db: Database): Promise<boolean> {
  const newest = readdirSync(packageFiles.migrations)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .at(-1)!;
  const { rows } = await sql`SELECT FROM migrations WHERE name = ${basename(newest, '.sql')}`.execute(db);
  return rows.length > 0;
}

async function connect(
  databaseUrl: string,
  readPassword?: () => Promise<string>,
  isOwnSession = true,
): Promise<pg.Client> {
  const Client = clientWith(UNLIMITED, () => isOwnSession, readPassword);
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
    if (isOwnSession && isPoolerRefusal(error)) return connect(databaseUrl, readPassword, false);
    throw error;
  }
}
