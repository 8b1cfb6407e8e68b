import { sql } from 'kysely';
import { allOf } from '../../../database/conditions.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import type { UserRole } from '../../../database/types.ts';

export interface UserRow {
  id: string;
  email: string;
  /** The company's own id of the person. */
  externalId: string | null;
  name: string | null;
  role: UserRole;
  disabledAt: Date | null;
  /** Null: registered with this e-mail by somebody, and not shown to be theirs. */
  confirmedAt: Date | null;
  hasPassword: boolean;
  /** The password is still the one that the first start printed. */
  initialPassword: boolean;
  /** Keeps an old spelling of its e-mail: see canonical-emails.ts. */
  emailClash: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** The columns of `users` under the names of `UserRow`; never the password's hash. */
export const userColumns = sql`
  users.id, users.email, users.external_id AS "externalId", users.name, users.role, users.disabled_at AS "disabledAt", users.confirmed_at AS "confirmedAt",
  users.password_hash IS NOT NULL AS "hasPassword", users.initial_password AS "initialPassword",
  users.email_clash AS "emailClash", users.created_at AS "createdAt", users.updated_at AS "updatedAt"`;

export async function findUser(db: Database | Transaction, id: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`SELECT ${userColumns} FROM users WHERE id = ${id}`.execute(db);
  return rows[0];
}

/** By a spelling that an account may have kept, before the canonical form: see `emailSpellings`. */
export async function findUserByEmail(
  db: Database,
  email: { canonical: string; kept: string },
): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    SELECT ${userColumns} FROM users WHERE email IN (${email.canonical}, ${email.kept})
    ORDER BY email = ${email.kept} DESC LIMIT 1`.execute(db);
  return rows[0];
}

export async function findUserByExternalId(
  db: Database | Transaction,
  externalId: string,
): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    SELECT ${userColumns} FROM users WHERE external_id = ${externalId}`.execute(db);
  return rows[0];
}

/** The ids of accounts, by their external ids; those that no account has are not in the map. */
export async function findIdsByExternalId(
  db: Database | Transaction,
  externalIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; externalId: string | null }>`
    SELECT id, external_id AS "externalId" FROM users WHERE external_id = ANY(${externalIds}::text[])`.execute(
    db,
  );
  return new Map(rows.map(({ id, externalId }) => [externalId!, id]));
}

/** All administrators, also disabled ones, oldest first. */
export async function listAdmins(db: Database): Promise<UserRow[]> {
  const { rows } = await sql<UserRow>`
    SELECT ${userColumns} FROM users WHERE role = 'ADMIN' ORDER BY created_at, id LIMIT 100`.execute(db);
  return rows;
}

/** Accounts that may act or be acted for, of those named. */
export async function findActiveUsers(
  trx: Database | Transaction,
  ids: readonly string[],
): Promise<Map<string, UserRole>> {
  const { rows } = await sql<{ id: string; role: UserRole }>`
    SELECT id, role FROM users WHERE id = ANY(${ids}::uuid[]) AND disabled_at IS NULL`.execute(trx);
  return new Map(rows.map(({ id, role }) => [id, role]));
}

/**
 * Fails when one of those named may not act as what it is named for: it is no active account, or not of ADMIN any more. The same as a
 * look by `findActiveUsers`, for who cannot wait for its answer.
 */
export async function requireActiveUsers(
  trx: Transaction,
  users: readonly { id: string; role: UserRole }[],
): Promise<void> {
  const asked = [...new Set(users.map(({ id }) => id))];
  const admins = new Set(users.filter(({ role }) => role === 'ADMIN').map(({ id }) => id));
  await sql`
    SELECT require_count(count(*), ${asked.length}, 'an account may not act any more')
    FROM users WHERE id = ANY(${asked}::uuid[]) AND disabled_at IS NULL
      AND (role = 'ADMIN' OR id <> ALL(${[...admins]}::uuid[]))`.execute(trx);
}

/** The e-mails of users, by id. */
export async function findEmails(
  db: Database | Transaction,
  userIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; email: string }>`
    SELECT id, email FROM users WHERE id = ANY(${userIds}::uuid[])`.execute(db);
  return new Map(rows.map(({ id, email }) => [id, email]));
}

/** The accounts of e-mails, by e-mail. */
export async function findAccountsByEmail(
  trx: Transaction,
  emails: readonly string[],
): Promise<Map<string, { id: string; confirmed: boolean }>> {
  const { rows } = await sql<{ id: string; email: string; confirmed: boolean }>`
    SELECT id, email, confirmed_at IS NOT NULL AS confirmed FROM users WHERE email = ANY(${emails}::text[])`.execute(
    trx,
  );
  return new Map(rows.map(({ email, ...account }) => [email, account]));
}

/** Which of the ids are accounts. */
export async function findUserIds(trx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM users WHERE id = ANY(${ids}::uuid[])`.execute(
    trx,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Accounts that cannot sign in by themselves, for e-mails that have none; the ids of those made. */
export async function inviteUsers(
  trx: Transaction,
  people: readonly { email: string; name: string | null }[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO users (email, name, confirmed_at)
    SELECT email, name, clock_timestamp()
    FROM unnest(${people.map(({ email }) => email)}::text[], ${people.map(({ name }) => name)}::text[]) AS invited(email, name)
    ORDER BY email
    ON CONFLICT (email) DO NOTHING RETURNING id`.execute(trx);
  return rows.map(({ id }) => id);
}

export interface UserFilter {
  /** How the e-mail begins, or the external id. */
  begins?: { email: string; externalId: string };
  role?: UserRole;
  disabled?: boolean;
  confirmed?: boolean;
  emailClash?: boolean;
  /** The last user of the page before. */
  after?: { createdAt: Date; id: string };
  limit: number;
}

const toPrefix = (text: string) => `${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Newest first. */
export async function listUsers(db: Database, filter: UserFilter): Promise<UserRow[]> {
  const { begins, role, disabled, confirmed, emailClash, after, limit } = filter;
  const where = allOf(
    begins && sql`(email LIKE ${toPrefix(begins.email)} OR external_id LIKE ${toPrefix(begins.externalId)})`,
    role && sql`role = ${role}`,
    disabled !== undefined && sql`(disabled_at IS NOT NULL) = ${disabled}`,
    confirmed !== undefined && sql`(confirmed_at IS NOT NULL) = ${confirmed}`,
    emailClash !== undefined && (emailClash ? sql`email_clash` : sql`NOT email_clash`),
    after && sql`(created_at, id) < (${after.createdAt}, ${after.id})`,
  );
  const { rows } = await sql<UserRow>`
    SELECT ${userColumns} FROM users WHERE ${where}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

export interface NewUser {
  email: string;
  externalId?: string;
  name?: string;
  role?: UserRole;
  /** Null: an account that cannot sign in by itself. */
  passwordHash: string | null;
  /** An administrator makes it, who answers for whose it is. */
  confirmed: boolean;
}

/** The new user, or undefined when the e-mail or the external id is taken. */
export async function insertUser(trx: Transaction, user: NewUser): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    INSERT INTO users (email, external_id, name, role, password_hash, confirmed_at)
    VALUES (${user.email}, ${user.externalId ?? null}, ${user.name ?? null}, ${user.role ?? 'USER'}, ${user.passwordHash},
            CASE WHEN ${user.confirmed} THEN clock_timestamp() END)
    ON CONFLICT DO NOTHING
    RETURNING ${userColumns}`.execute(trx);
  return rows[0];
}

/** The user, whom only this transaction changes until it ends. */
export async function selectUserForNoKeyUpdate(trx: Transaction, id: string): Promise<UserRow | undefined> {
  const { rows } =
    await sql<UserRow>`SELECT ${userColumns} FROM users WHERE id = ${id} FOR NO KEY UPDATE`.execute(trx);
  return rows[0];
}

/** Only one transaction at a time takes the rights of an administrator away, and the next one sees what it has left. */
export async function lockAdminRemoval(trx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('admin_removal'))`.execute(trx);
}

/** Whether there is an enabled administrator beside this one. */
export async function otherAdminExists(trx: Transaction, id: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM users WHERE role = 'ADMIN' AND disabled_at IS NULL AND id <> ${id}) AS found`.execute(
    trx,
  );
  return rows[0]!.found;
}

/** Writes what can be changed of a user. Disabling or confirming again keeps the first time. Fails when a unique value is taken. */
export async function updateUser(
  trx: Transaction,
  user: Pick<UserRow, 'id' | 'email' | 'externalId' | 'name' | 'role'> & {
    disabled: boolean;
    confirmed: boolean;
  },
): Promise<UserRow> {
  const { rows } = await sql<UserRow>`
    UPDATE users SET
      email = ${user.email},
      email_clash = email_clash AND email = ${user.email},
      external_id = ${user.externalId},
      name = ${user.name},
      role = ${user.role},
      disabled_at = CASE WHEN ${user.disabled} THEN coalesce(disabled_at, clock_timestamp()) END,
      confirmed_at = CASE WHEN ${user.confirmed} THEN coalesce(confirmed_at, clock_timestamp()) END,
      updated_at = clock_timestamp()
    WHERE id = ${user.id}
    RETURNING ${userColumns}`.execute(trx);
  return rows[0]!;
}

export async function adminExists(db: Database | Transaction): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    SELECT EXISTS (SELECT FROM users WHERE role = 'ADMIN') AS found`.execute(db);
  return rows[0]!.found;
}

/** Makes, or makes of who has this e-mail, an administrator with this password. */
export async function upsertAdmin(
  trx: Transaction,
  admin: { email: string; passwordHash: string; initialPassword: boolean },
): Promise<UserRow> {
  const { rows } = await sql<UserRow>`
    INSERT INTO users (email, role, password_hash, initial_password, confirmed_at)
    VALUES (${admin.email}, 'ADMIN', ${admin.passwordHash}, ${admin.initialPassword}, clock_timestamp())
    ON CONFLICT (email) DO UPDATE SET
      role = 'ADMIN', password_hash = EXCLUDED.password_hash, initial_password = EXCLUDED.initial_password,
      confirmed_at = coalesce(users.confirmed_at, EXCLUDED.confirmed_at), disabled_at = NULL,
      updated_at = clock_timestamp()
    RETURNING ${userColumns}`.execute(trx);
  return rows[0]!;
}

/** Only one process at a time makes the first administrator. */
export async function lockFirstAdmin(trx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('first_admin'))`.execute(trx);
}

/** Accounts whose e-mail may have another canonical form, oldest first, from above `after`; those known to clash are left out. */
export async function listEmailsBeyondAscii(
  db: Database,
  after: { createdAt: Date; id: string } | undefined,
  limit: number,
): Promise<{ id: string; email: string; createdAt: Date }[]> {
  const { rows } = await sql<{ id: string; email: string; createdAt: Date }>`
    SELECT id, email, created_at AS "createdAt" FROM users
    WHERE octet_length(email) <> char_length(email) AND NOT email_clash
      AND ${allOf(after && sql`(created_at, id) > (${after.createdAt}, ${after.id})`)}
    ORDER BY created_at, id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Gives accounts another e-mail where no account has it; of several that want one, the oldest. @returns who got theirs */
export async function renameEmails(
  trx: Transaction,
  wanted: readonly { id: string; email: string }[],
): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    WITH first AS (
      SELECT DISTINCT ON (wanted.email) users.id, wanted.email
      FROM unnest(${wanted.map(({ id }) => id)}::uuid[], ${wanted.map(({ email }) => email)}::text[]) AS wanted(id, email)
      JOIN users ON users.id = wanted.id
      ORDER BY wanted.email, users.created_at, users.id)
    UPDATE users SET email = first.email, updated_at = clock_timestamp()
    FROM first
    WHERE users.id = first.id AND NOT EXISTS (SELECT FROM users taken WHERE taken.email = first.email)
    RETURNING users.id`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}

/** Lets accounts keep an e-mail that is not canonical, unless another process has brought it to its form meanwhile. */
export async function keepSpellings(
  trx: Transaction,
  kept: readonly { id: string; from: string }[],
): Promise<void> {
  await sql`
    UPDATE users SET email_clash = true, updated_at = clock_timestamp()
    FROM unnest(${kept.map(({ id }) => id)}::uuid[], ${kept.map(({ from }) => from)}::text[]) AS kept(id, email)
    WHERE users.id = kept.id AND users.email = kept.email`.execute(trx);
}

/** Enabled accounts that keep an old spelling of their e-mail. */
export async function listEmailClashes(db: Database, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT id FROM users WHERE email_clash AND disabled_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}
