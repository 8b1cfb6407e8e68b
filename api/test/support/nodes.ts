import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../../src/database/connection.ts';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestAppOptions, type TestUser } from './app.ts';

export interface BookOptions {
  startsAt?: Date;
  expiresAt?: Date;
  maxAssignmentsPerUser?: number;
  /** 1 unless given; null: without limit. */
  maxRedemptions?: number | null;
  lockTtlSeconds?: number;
}

export interface TestBook {
  id: string;
  codes: string[];
}

/** Inserts a book with `count` unassigned coupons. */
export async function insertBook(db: Database, count: number, options: BookOptions = {}): Promise<TestBook> {
  const { startsAt, expiresAt, maxAssignmentsPerUser, maxRedemptions = 1, lockTtlSeconds = 300 } = options;
  const name = randomUUID();
  const { rows } = await sql<{ id: string; codes: string[] }>`
    WITH book AS (
      INSERT INTO books (name, starts_at, expires_at, max_assignments_per_user, allow_multiple_redemptions, max_redemptions,
                         lock_ttl_seconds)
      VALUES (${name}, ${startsAt}, ${expiresAt}, ${maxAssignmentsPerUser}, ${maxRedemptions !== 1}, ${maxRedemptions},
              ${lockTtlSeconds})
      RETURNING id
    ), made AS (
      INSERT INTO coupons (book_id, code)
      SELECT id, upper(${name.slice(0, 18)} || '-' || n) FROM book, generate_series(1, ${count}::integer) AS n
      RETURNING id, code
    )
    SELECT id, (SELECT coalesce(array_agg(code ORDER BY id), '{}') FROM made) AS codes FROM book`.execute(db);
  return rows[0]!;
}

/** The codes of a book, in the order in which they were stored. */
export async function codesOf(db: Database, bookId: string): Promise<string[]> {
  const { rows } = await sql<{ code: string }>`
    SELECT code FROM coupons WHERE book_id = ${bookId} ORDER BY id`.execute(db);
  return rows.map(({ code }) => code);
}

export interface Reply {
  status: number;
  /** The answer's JSON. */
  body: Record<string, unknown>;
  /** The answer's bytes. */
  text: string;
  headers: Record<string, unknown>;
}

export type CommandName = 'assign' | 'lock' | 'unlock' | 'redeem';

/** Sends a command by code. */
export function command(
  { app }: TestApp,
  user: TestUser,
  name: CommandName,
  code: string,
  body: object = {},
  key?: string,
): Promise<Reply> {
  return post(app, user, `/api/v1/coupons/${name}/${code}`, body, key);
}

export function assignRandom(
  { app }: TestApp,
  user: TestUser,
  bookId: string,
  body: object = {},
  key?: string,
) {
  return post(app, user, '/api/v1/coupons/assign/random', { bookId, ...body }, key);
}

async function post(
  app: TestApp['app'],
  user: TestUser,
  url: string,
  payload: object,
  key?: string,
): Promise<Reply> {
  const headers = { ...user.headers, ...(key !== undefined && { 'idempotency-key': key }) };
  const {
    statusCode,
    payload: text,
    headers: answered,
  } = await app.inject({ method: 'POST', url, payload, headers });
  return { status: statusCode, body: JSON.parse(text) as Record<string, unknown>, text, headers: answered };
}

/** How often each status (with its problem's code) came. */
export function tally(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const name = status === 200 ? '200' : `${status} ${body.code as string}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export interface Nodes {
  nodes: [TestApp, TestApp];
  db: Database;
  /** The node for the n-th request: they take turns. */
  node: (n: number) => TestApp;
  users: (count: number) => Promise<TestUser[]>;
  /** A connection of its own to the same database, closed with the nodes. */
  connect: () => Promise<pg.Client>;
  close: () => Promise<void>;
}

/** Two processes' worth of the app on one database. Patient and without rate limits, unless the test is about these. */
export async function startNodes({
  config = { rateLimitScale: 10_000 },
  patient = true,
}: Pick<TestAppOptions, 'config' | 'patient'> = {}): Promise<Nodes> {
  const options = { config, patient, modules: selectModules(['coupons']) };
  const first = await startTestApp(options);
  const second = await startTestApp({ ...options, databaseUrl: first.databaseUrl });
  const nodes: [TestApp, TestApp] = [first, second];
  const clients: pg.Client[] = [];
  return {
    nodes,
    db: first.db,
    node: (n) => nodes[n % 2]!,
    users: (count) => Promise.all(Array.from({ length: count }, () => first.asUser())),
    async connect() {
      const client = new pg.Client(first.databaseUrl);
      client.on('error', () => {}); // closed by the end of its database
      await client.connect();
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.allSettled(clients.map((client) => client.end()));
      await second.close();
      await first.close();
    },
  };
}

/** Whether a group of a node waits for `holder`'s transaction, or has come and gone since that began. */
export async function hasTried(watcher: pg.Client, holder: pg.Client): Promise<boolean> {
  const { rows } = await holder.query<{ since: Date }>(
    `SELECT xact_start AS since FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
  );
  const { rowCount } = await watcher.query(
    `SELECT FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'coupon-book 2' AND query_start > $1
       AND (query = 'commit' OR wait_event_type = 'Lock')`,
    [rows[0]!.since],
  );
  return rowCount! > 0;
}

export const times = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
