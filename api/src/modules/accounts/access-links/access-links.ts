import type { Database, Transaction } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { refundBudgets, spendBudgets } from '../../../access/budgets.ts';
import { Problem } from '../../../problems.ts';
import { findUser, type UserRow } from '../people/queries.ts';
import {
  type AccessLinkRow,
  findAccessLink,
  updatePasswordByLink,
  upsertAccessLinks,
  useAccessLink,
} from './queries.ts';
import { newDevice } from '../sessions/device-cookie.ts';
import { inTurn, requireGoodPassword } from '../sessions/passwords.ts';
import { deleteSessionsOfUser } from '../sessions/queries.ts';
import { hashToken, newToken, openSession } from '../sessions/session.ts';

/** Links that do not exist, opened from one address in a window. */
const WRONG_LINKS = { limit: 30, windowSeconds: 15 * 60 };

/** The address of a link. The token is in the fragment, which browsers keep to themselves: it is in no log on the way. */
export const accessLinkOf = (origin: string, token: string) => `${origin}/access#${token}`;

/**
 * A new access link for one account; it ends the one before.
 * @param createdBy null: nobody who is signed in (npm run reset-admin)
 * @throws {Problem} not-found; conflict when the account is disabled
 */
export async function giveAccessLink(
  trx: Transaction,
  userId: string,
  createdBy: string | null,
): Promise<{ token: string; expiresAt: Date }> {
  const token = newToken();
  const links = [{ userId, tokenHash: hashToken(token) }];
  const expiresAt = (await upsertAccessLinks(trx, links, { wish: 'all', createdBy })).get(userId);
  if (expiresAt) return { token, expiresAt };
  if (!(await findUser(trx, userId))) throw new Problem('not-found', 'no-such-user');
  throw new Problem('conflict', 'enable-first');
}

/**
 * The link of a token, that works.
 * @param address as `addressScope` gives it: wrong tokens are counted by it
 * @throws {Problem} link-not-valid, rate-limited
 */
export async function requireAccessLink(
  db: Database,
  token: string,
  address: string,
  scale: number,
): Promise<AccessLinkRow> {
  const limit = Math.max(1, Math.round(WRONG_LINKS.limit * scale));
  const budget = { ...WRONG_LINKS, limit, scope: `access-link:address:${address}` };
  const [seconds] = (await spendBudgets(db, [budget])).values();
  if (seconds !== undefined)
    throw new Problem('rate-limited', 'too-many-wrong-links', { retryAfter: seconds });
  const link = await findAccessLink(db, hashToken(token));
  if (!link) throw linkFault('unknown');
  await refundBudgets(db, [budget]);
  if (link.fault) throw linkFault(link.fault);
  return link;
}

export interface LinkUse {
  token: string;
  password: string;
  address: string;
  userAgent: string | null;
}

/**
 * Sets the password of a link's account, confirms the account, ends all its sessions and opens one. Works once.
 * @throws {Problem} link-not-valid, rate-limited, invalid-request
 */
export async function resetPassword(
  db: Database,
  use: LinkUse,
  scale: number,
): Promise<{ user: UserRow; token: string; device: string }> {
  const { token, address, userAgent } = use;
  const requireLink = () => requireAccessLink(db, token, address, scale);
  const { userId, email } = await requireLink();
  requireGoodPassword(use.password, email, '/password');
  const passwordHash = await inTurn({ name: userId, isKnown: true }, async ({ hash }) => {
    await requireLink(); // of many at once, the others need not hash any more
    return hash(use.password);
  });
  return inTransaction(db, async (trx) => {
    // The account first: everything else that ends links or sessions takes its lock first too.
    if (!(await updatePasswordByLink(trx, userId, passwordHash))) throw linkFault('disabled');
    if (!(await useAccessLink(trx, hashToken(token)))) {
      throw linkFault((await findAccessLink(trx, hashToken(token)))?.fault ?? 'unknown');
    }
    await deleteSessionsOfUser(trx, userId);
    const session = await openSession(trx, { userId, passwordHash, address, userAgent });
    const device = newDevice({ id: userId, passwordHash });
    return { user: (await findUser(trx, userId))!, token: session!, device };
  });
}

const linkFault = (fault: NonNullable<AccessLinkRow['fault']> | 'unknown') =>
  new Problem('link-not-valid', `link-${fault}`);
