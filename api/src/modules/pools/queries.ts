import { sql } from 'kysely';
import { allOf } from '../../database/conditions.ts';
import type { Database, Transaction } from '../../database/connection.ts';
import type { Age } from '../../schemas.ts';
import { type UserRow, userColumns } from '../accounts/people/queries.ts';

export interface PoolRow {
  id: string;
  name: string;
  description: string | null;
  members: number;
  metadata: Record<string, unknown>;
  createdAt: Date;
  updatedAt: Date;
}

const poolColumns = sql`
  user_pools.id, user_pools.name, user_pools.description, user_pools.member_count AS members, user_pools.metadata,
  user_pools.created_at AS "createdAt", user_pools.updated_at AS "updatedAt"`;

export type PoolSettings = Pick<PoolRow, 'name' | 'description' | 'metadata'>;

export async function insertPool(trx: Transaction, pool: PoolSettings): Promise<PoolRow> {
  const { rows } = await sql<PoolRow>`
    INSERT INTO user_pools (name, description, metadata)
    VALUES (${pool.name}, ${pool.description}, ${JSON.stringify(pool.metadata)})
    RETURNING ${poolColumns}`.execute(trx);
  return rows[0]!;
}

export async function findPool(db: Database | Transaction, id: string): Promise<PoolRow | undefined> {
  const { rows } = await sql<PoolRow>`SELECT ${poolColumns} FROM user_pools WHERE id = ${id}`.execute(db);
  return rows[0];
}

/** The pool, locked: its members change one request at a time, so that their count holds. */
export async function selectPoolForNoKeyUpdate(trx: Transaction, id: string): Promise<PoolRow | undefined> {
  const { rows } = await sql<PoolRow>`
    SELECT ${poolColumns} FROM user_pools WHERE id = ${id} FOR NO KEY UPDATE`.execute(trx);
  return rows[0];
}

/** Newest first. */
export async function listPools(
  db: Database,
  { q, after, limit }: { q?: string; after?: Age; limit: number },
): Promise<PoolRow[]> {
  const { rows } = await sql<PoolRow>`
    SELECT ${poolColumns} FROM user_pools
    WHERE ${allOf(
      q !== undefined && sql`position(lower(${q}) IN lower(name)) > 0`,
      after && sql`(created_at, id) < (${after.createdAt}, ${after.id})`,
    )}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export async function updatePool(trx: Transaction, id: string, pool: PoolSettings): Promise<PoolRow> {
  const { rows } = await sql<PoolRow>`
    UPDATE user_pools SET name = ${pool.name}, description = ${pool.description},
      metadata = ${JSON.stringify(pool.metadata)}, updated_at = clock_timestamp()
    WHERE id = ${id} RETURNING ${poolColumns}`.execute(trx);
  return rows[0]!;
}

/** Its members stay as users, with what they were given. False: there was none. */
export async function deletePool(trx: Transaction, id: string): Promise<boolean> {
  const { rows } = await sql`DELETE FROM user_pools WHERE id = ${id} RETURNING id`.execute(trx);
  return rows.length > 0;
}

export type MemberRow = UserRow & { addedAt: Date };

/** Members by e-mail, from above `afterEmail`. */
export async function listMembers(
  db: Database,
  poolId: string,
  { emailPrefix, afterEmail, limit }: { emailPrefix?: string; afterEmail?: string; limit: number },
): Promise<MemberRow[]> {
  const pattern = emailPrefix === undefined ? undefined : `${emailPrefix.replace(/[\\%_]/g, '\\$&')}%`;
  const { rows } = await sql<MemberRow>`
    SELECT ${userColumns}, m.added_at AS "addedAt"
    FROM pool_users m JOIN users ON users.id = m.user_id
    WHERE ${allOf(
      sql`m.pool_id = ${poolId}`,
      pattern !== undefined && sql`users.email LIKE ${pattern}`,
      afterEmail !== undefined && sql`users.email > ${afterEmail}`,
    )}
    ORDER BY users.email LIMIT ${limit}`.execute(db);
  return rows;
}

/** Enabled members by id, from above `afterId`: whom a mail goes to. */
export async function listMembersToMail(
  db: Database,
  poolId: string,
  { afterId, limit }: { afterId?: string; limit: number },
): Promise<{ userId: string; email: string; name: string | null }[]> {
  const { rows } = await sql<{ userId: string; email: string; name: string | null }>`
    SELECT users.id AS "userId", users.email, users.name
    FROM pool_users m JOIN users ON users.id = m.user_id
    WHERE ${allOf(
      sql`m.pool_id = ${poolId} AND users.disabled_at IS NULL`,
      afterId !== undefined && sql`m.user_id > ${afterId}`,
    )}
    ORDER BY m.user_id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Adds members and counts them. @returns how many were not members before */
export async function insertMembers(
  trx: Transaction,
  poolId: string,
  userIds: readonly string[],
): Promise<number> {
  const { rows } = await sql<{ added: number }>`
    WITH added AS (
      INSERT INTO pool_users (pool_id, user_id)
      SELECT ${poolId}, id FROM unnest(${userIds}::uuid[]) AS wanted(id) ORDER BY id
      ON CONFLICT DO NOTHING RETURNING 1)
    UPDATE user_pools SET member_count = member_count + (SELECT count(*) FROM added), updated_at = clock_timestamp()
    WHERE id = ${poolId} RETURNING (SELECT count(*)::integer FROM added) AS added`.execute(trx);
  return rows[0]!.added;
}

/** Removes members, all of them for null. @returns how many were members */
export async function deleteMembers(
  trx: Transaction,
  poolId: string,
  userIds: readonly string[] | null,
): Promise<number> {
  const { rows } = await sql<{ removed: number }>`
    WITH removed AS (
      DELETE FROM pool_users
      WHERE ${allOf(sql`pool_id = ${poolId}`, userIds && sql`user_id = ANY(${userIds}::uuid[])`)}
      RETURNING 1)
    UPDATE user_pools SET member_count = member_count - (SELECT count(*) FROM removed), updated_at = clock_timestamp()
    WHERE id = ${poolId} RETURNING (SELECT count(*)::integer FROM removed) AS removed`.execute(trx);
  return rows[0]!.removed;
}
