import { sql } from 'kysely';
import type { Database, Transaction } from '../../../database/connection.ts';
import { userColumns, type UserRow } from '../people/queries.ts';

/** A session ends this long after the sign-in, … */
const LIFE_DAYS = 30;
/** … or this long after it was last used. */
export const IDLE_DAYS = 14;
/** How long the token before the present one still works. */
const GRACE_SECONDS = 60;
/** Most sessions of one user; the oldest go. */
const MAX_SESSIONS = 50;

export interface Account extends UserRow {
  passwordHash: string | null;
  /** Someone has signed in to it from the asked address in the last 30 days. */
  familiar: boolean;
}

/** By the spelling that an account may have kept, before the canonical form: see `emailSpellings`. */
export async function findAccountByEmail(
  db: Database,
  email: { canonical: string; kept: string },
  address: string,
): Promise<Account | undefined> {
  const { rows } = await sql<Account>`
    SELECT ${userColumns}, users.password_hash AS "passwordHash",
           EXISTS (SELECT FROM sessions s WHERE s.user_id = users.id AND s.address = ${address}) AS familiar
    FROM users WHERE email IN (${email.canonical}, ${email.kept})
    ORDER BY email = ${email.kept} DESC LIMIT 1`.execute(db);
  return rows[0];
}

export async function findPasswordHash(
  db: Database,
  userId: string,
): Promise<{ email: string; passwordHash: string | null } | undefined> {
  const { rows } = await sql<{ email: string; passwordHash: string | null }>`
    SELECT email, password_hash AS "passwordHash" FROM users WHERE id = ${userId} AND disabled_at IS NULL`.execute(
    db,
  );
  return rows[0];
}

export interface NewSession {
  userId: string;
  /** The hash that the given password fitted. */
  passwordHash: string;
  tokenHash: Buffer;
  rotationKey: Buffer;
  address: string;
  userAgent: string | null;
}

/**
 * Opens a session. False when, since the password was checked, the account was disabled or its password changed: the lock on
 * the account makes such a change wait, and then end this session too, or come first.
 */
export async function insertSession(trx: Transaction, session: NewSession): Promise<boolean> {
  const { numAffectedRows } = await sql`
    WITH account AS (
      SELECT id FROM users
      WHERE id = ${session.userId} AND disabled_at IS NULL AND password_hash = ${session.passwordHash}
      FOR SHARE)
    INSERT INTO sessions (user_id, token_hash, rotation_key, address, user_agent, expires_at)
    SELECT id, ${session.tokenHash}, ${session.rotationKey}, ${session.address}, ${session.userAgent},
           clock_timestamp() + ${LIFE_DAYS} * interval '1 day'
    FROM account`.execute(trx);
  return numAffectedRows === 1n;
}

/** Keeps the newest sessions of a user, so that a script that only ever signs in does not fill the table. */
export async function deleteSurplusSessions(trx: Transaction, userId: string): Promise<void> {
  await sql`
    DELETE FROM sessions WHERE id IN (
      SELECT id FROM sessions WHERE user_id = ${userId} ORDER BY created_at DESC, id OFFSET ${MAX_SESSIONS})`.execute(
    trx,
  );
}

export interface LockedSession extends UserRow {
  sessionId: string;
  rotationKey: Buffer;
  /** Whether the token is the present one; else it is the one before. */
  isPresent: boolean;
  inGrace: boolean | null;
  isOpen: boolean;
}

/** The session of a token, locked, with its user. The clock is read after the wait for the lock. */
export async function selectSessionForUpdate(
  trx: Transaction,
  tokenHash: Buffer,
): Promise<LockedSession | undefined> {
  const { rows } = await sql<LockedSession>`
    WITH held AS MATERIALIZED (
      SELECT * FROM sessions WHERE token_hash = ${tokenHash} OR previous_token_hash = ${tokenHash} FOR UPDATE)
    SELECT ${userColumns}, held.id AS "sessionId", held.rotation_key AS "rotationKey",
           held.token_hash = ${tokenHash} AS "isPresent",
           clock_timestamp() < held.rotated_at + ${GRACE_SECONDS} * interval '1 second' AS "inGrace",
           held.ended_at IS NULL AND users.disabled_at IS NULL AND clock_timestamp() < least(
             held.expires_at, held.last_used_at + ${IDLE_DAYS} * interval '1 day') AS "isOpen"
    FROM held JOIN users ON users.id = held.user_id`.execute(trx);
  return rows[0];
}

export async function rotateSession(trx: Transaction, id: string, nextTokenHash: Buffer): Promise<void> {
  await sql`
    UPDATE sessions SET
      previous_token_hash = token_hash, token_hash = ${nextTokenHash},
      rotated_at = clock_timestamp(), last_used_at = clock_timestamp()
    WHERE id = ${id}`.execute(trx);
}

/** Signs out. The row stays until it would have expired: it remembers an address that is no stranger. */
export async function endSession(db: Database, tokenHash: Buffer): Promise<void> {
  await sql`
    UPDATE sessions SET ended_at = clock_timestamp()
    WHERE (token_hash = ${tokenHash} OR previous_token_hash = ${tokenHash}) AND ended_at IS NULL`.execute(db);
}

export async function deleteSession(trx: Transaction, id: string): Promise<void> {
  await sql`DELETE FROM sessions WHERE id = ${id}`.execute(trx);
}

/** Ends all sessions of a user, but the one of a token if that is given. Addresses are forgotten with them. */
export async function deleteSessionsOfUser(
  trx: Transaction,
  userId: string,
  exceptTokenHash: Buffer | null = null,
): Promise<void> {
  await sql`
    DELETE FROM sessions
    WHERE user_id = ${userId}
      AND (${exceptTokenHash}::bytea IS NULL OR (token_hash <> ${exceptTokenHash} AND previous_token_hash IS DISTINCT FROM ${exceptTokenHash}))`.execute(
    trx,
  );
}

/** Forgets sessions that are over for good, some at a time so that no delete runs long. */
export async function deleteExpiredSessions(db: Database): Promise<void> {
  await sql`
    DELETE FROM sessions WHERE id IN (
      SELECT id FROM sessions WHERE expires_at < (SELECT clock_timestamp()) LIMIT 5000)`.execute(db);
}

/** Sets a password if the one before is still what was checked; false when it, or the account, has changed meanwhile. */
export async function updatePassword(
  trx: Transaction,
  change: { userId: string; from: string; to: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE users SET password_hash = ${change.to}, initial_password = false, updated_at = clock_timestamp()
    WHERE id = ${change.userId} AND password_hash = ${change.from} AND disabled_at IS NULL`.execute(trx);
  return numAffectedRows === 1n;
}
