import { sql } from 'kysely';
import type { Database, Transaction } from '../../../database/connection.ts';

const LIFE_DAYS = 7;
/** Ends of links are remembered for so long. */
const KEEP_DAYS = 30;

/** Who gets a link: those without a password and without a link that works; also those with such a link; everybody. */
export type LinkWish = 'missing' | 'renew' | 'all';

/**
 * Gives new links to those of the named accounts that are enabled and wish for one; they end the links before.
 * @param fileId of the mail-merge file that the links are for: see `confirmAccessLinks`
 * @returns until when the links work, by account
 */
export async function upsertAccessLinks(
  trx: Transaction,
  links: readonly { userId: string; tokenHash: Buffer }[],
  { wish, createdBy, fileId = null }: { wish: LinkWish; createdBy: string | null; fileId?: string | null },
): Promise<Map<string, Date>> {
  const { rows } = await sql<{ userId: string; expiresAt: Date }>`
    WITH wanted AS MATERIALIZED (
      SELECT users.id, named.token_hash
      FROM unnest(${links.map(({ userId }) => userId)}::uuid[], ${links.map(({ tokenHash }) => tokenHash)}::bytea[])
        AS named(user_id, token_hash)
      JOIN users ON users.id = named.user_id
      WHERE users.disabled_at IS NULL
        AND (${wish === 'all'} OR users.password_hash IS NULL)
        AND (${wish !== 'missing'} OR NOT EXISTS (
          SELECT FROM access_links l
          WHERE l.user_id = users.id AND l.used_at IS NULL AND l.file_id IS NULL AND l.expires_at > clock_timestamp()))
      ORDER BY users.id FOR NO KEY UPDATE OF users)
    INSERT INTO access_links (user_id, token_hash, created_by, file_id, expires_at)
    SELECT id, token_hash, ${createdBy}, ${fileId}, clock_timestamp() + ${LIFE_DAYS} * interval '1 day' FROM wanted
    ON CONFLICT (user_id) DO UPDATE SET
      token_hash = EXCLUDED.token_hash, created_by = EXCLUDED.created_by, file_id = EXCLUDED.file_id,
      created_at = clock_timestamp(), expires_at = EXCLUDED.expires_at, used_at = NULL
    RETURNING user_id AS "userId", expires_at AS "expiresAt"`.execute(trx);
  return new Map(rows.map(({ userId, expiresAt }) => [userId, expiresAt]));
}

/** A mail-merge file has been sent to its end: its links count as given. */
export async function confirmAccessLinks(db: Database, fileId: string): Promise<void> {
  await sql`UPDATE access_links SET file_id = NULL WHERE file_id = ${fileId}`.execute(db);
}

export interface AccessLinkRow {
  userId: string;
  email: string;
  name: string | null;
  expiresAt: Date;
  /** Why it does not work; null when it does. */
  fault: 'disabled' | 'used' | 'expired' | null;
}

export async function findAccessLink(
  db: Database | Transaction,
  tokenHash: Buffer,
): Promise<AccessLinkRow | undefined> {
  const { rows } = await sql<AccessLinkRow>`
    SELECT users.id AS "userId", users.email, users.name, l.expires_at AS "expiresAt",
           CASE WHEN users.disabled_at IS NOT NULL THEN 'disabled'
                WHEN l.used_at IS NOT NULL THEN 'used'
                WHEN l.expires_at <= clock_timestamp() THEN 'expired' END AS fault
    FROM access_links l JOIN users ON users.id = l.user_id
    WHERE l.token_hash = ${tokenHash}`.execute(db);
  return rows[0];
}

/** Sets the password of who opened a link, and confirms the account. It locks the account; false when that is disabled. */
export async function updatePasswordByLink(
  trx: Transaction,
  userId: string,
  passwordHash: string,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE users SET password_hash = ${passwordHash}, initial_password = false,
      confirmed_at = coalesce(confirmed_at, clock_timestamp()), updated_at = clock_timestamp()
    WHERE id = ${userId} AND disabled_at IS NULL`.execute(trx);
  return numAffectedRows === 1n;
}

/** Uses a link up; false when it has been used, has ended or was replaced. */
export async function useAccessLink(trx: Transaction, tokenHash: Buffer): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE access_links SET used_at = clock_timestamp()
    WHERE token_hash = ${tokenHash} AND used_at IS NULL AND expires_at > clock_timestamp()`.execute(trx);
  return numAffectedRows === 1n;
}

/** Ends the link of an account, if it has one. */
export async function deleteAccessLink(trx: Transaction, userId: string): Promise<void> {
  await sql`DELETE FROM access_links WHERE user_id = ${userId}`.execute(trx);
}

/** Forgets links that ended long ago, some at a time so that no delete runs long. */
export async function deleteOldAccessLinks(db: Database): Promise<void> {
  await sql`
    DELETE FROM access_links WHERE user_id = ANY (ARRAY(
      SELECT user_id FROM access_links
      WHERE expires_at < (SELECT clock_timestamp()) - ${KEEP_DAYS} * interval '1 day' LIMIT 5000))`.execute(
    db,
  );
}
