import type { Database, Transaction } from '../../../database/connection.ts';
import { Problem } from '../../../problems.ts';
import { requireGoodPassword } from './passwords.ts';
import { deleteAccessLink } from '../access-links/queries.ts';
import { deleteSessionsOfUser, findPasswordHash, updatePassword } from './queries.ts';
import { guardPassword, signInBudgets, wrongPassword } from './sign-in.ts';
import { hashToken } from './session.ts';

export interface PasswordChange {
  userId: string;
  currentPassword: string;
  newPassword: string;
  /** As `addressScope` gives it. */
  address: string;
}

/**
 * The first half of a change, before the transaction: checks both passwords and hashes the new one.
 * @throws {Problem} unauthenticated when the current one is wrong, rate-limited, invalid-request
 */
export async function preparePassword(
  db: Database,
  change: PasswordChange,
  scale: number,
): Promise<{ from: string; to: string }> {
  const account = await findPasswordHash(db, change.userId);
  if (!account) throw new Problem('unauthenticated');
  requireGoodPassword(change.newPassword, account.email, '/newPassword');
  const budgets = signInBudgets(account.email, change.address, true, scale);
  const { currentPassword, newPassword, userId } = change;
  const to = await guardPassword(db, budgets, { name: userId, isKnown: true }, async ({ fits, hash }) =>
    (await fits(currentPassword, account.passwordHash)) ? hash(newPassword) : null,
  );
  return { from: account.passwordHash!, to };
}

/** The second half: stores it, ends every session but the caller's own, and a link that would set another. */
export async function storePassword(
  trx: Transaction,
  userId: string,
  hashes: { from: string; to: string },
  sessionToken: string | null,
): Promise<void> {
  if (!(await updatePassword(trx, { userId, ...hashes }))) {
    throw wrongPassword(); // it was right a moment ago
  }
  await deleteAccessLink(trx, userId);
  await deleteSessionsOfUser(trx, userId, sessionToken === null ? null : hashToken(sessionToken));
}
