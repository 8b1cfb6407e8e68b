import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Config } from '../../src/config.ts';
import type { Database } from '../../src/database/connection.ts';
import { startTestApp, type TestApp, type TestUser } from './app.ts';

/** A job of the API, as far as tests of distributions look at it. */
export interface DistributionJob {
  id: string;
  kind: string;
  status: string;
  progress: { done: number; total: number | null };
  errors: number;
  result: Record<string, unknown> & {
    assigned: number;
    served: number;
    skipped: number;
    missing: number;
    drewNone: number;
    reasons: Record<string, number>;
    seed: string;
  };
  failure: { code: string; detail: string } | null;
  [field: string]: unknown;
}

export type SendJob = ReturnType<typeof sendTo<DistributionJob>>;

/** An app for many requests and large statements on a busy machine, its administrator, and what sends the requests of this one. */
export async function startDistributions(
  config: Partial<Config> = {},
): Promise<{ api: TestApp; admin: TestUser; send: SendJob }> {
  const api = await startTestApp({
    config: { rateLimitScale: 10_000, logLevel: 'silent', statementTimeoutMs: 60_000, ...config },
  });
  const admin = await api.asAdmin();
  return { api, admin, send: sendTo(api, admin) };
}

/** A pool of `count` new users, whose ids are returned in ascending order. */
export async function insertMembers(
  db: Database,
  count: number,
): Promise<{ poolId: string; userIds: string[] }> {
  const name = randomUUID();
  const { rows } = await sql<{ poolId: string; userIds: string[] }>`
    WITH pool AS (INSERT INTO user_pools (name, member_count) VALUES (${name}, ${count}) RETURNING id),
    made AS (
      INSERT INTO users (email) SELECT ${name} || '-' || n || '@example.test' FROM generate_series(1, ${count}::integer) AS n
      RETURNING id),
    added AS (INSERT INTO pool_users (pool_id, user_id) SELECT pool.id, made.id FROM pool, made)
    SELECT id AS "poolId", (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM made) AS "userIds" FROM pool`.execute(
    db,
  );
  return rows[0]!;
}

export async function addToPool(db: Database, poolId: string, userIds: readonly string[]): Promise<void> {
  await sql`INSERT INTO pool_users (pool_id, user_id) SELECT ${poolId}, unnest(${userIds}::uuid[])`.execute(
    db,
  );
}

/** Does `work` while others hold the last coupons of a book: what gives or takes back all of them cannot end meanwhile. */
export function whileSomeAreHeld<T>(db: Database, bookId: string, work: () => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT FROM coupons WHERE book_id = ${bookId} ORDER BY id DESC LIMIT 200 FOR UPDATE`.execute(
      trx,
    );
    return work();
  });
}

/** Coupons of a book by owner. */
export async function countsByOwner(db: Database, bookId: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    SELECT assigned_user_id AS id, count(*) AS count FROM coupons
    WHERE book_id = ${bookId} AND assigned_user_id IS NOT NULL GROUP BY 1`.execute(db);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

export function sendTo<T = DistributionJob>({ app }: TestApp, { headers }: TestUser) {
  return async (
    method: 'GET' | 'POST',
    path: string,
    payload?: object,
    more: Record<string, string> = {},
  ) => {
    const url = `/api/v1${path}`;
    const response = await app.inject({
      method,
      url,
      payload,
      headers: { prefer: 'wait=30', ...headers, ...more },
    });
    return {
      status: response.statusCode,
      body: response.json<T>(),
      text: response.body,
      headers: response.headers,
    };
  };
}

/** The rows that a job could not use, or the people it left out. */
export async function jobErrorsOf(api: TestApp, admin: TestUser, jobId: string) {
  const list = sendTo<{ items: { line: number; value: string; reason: string }[] }>(api, admin);
  return (await list('GET', `/jobs/${jobId}/errors?limit=200`)).body.items;
}
