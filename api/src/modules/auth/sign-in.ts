import { createHash } from 'node:crypto';
import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { type Budget, refundBudgets, spendBudgets } from '../../plugins/budgets.ts';
import { Problem } from '../../problems.ts';
import { emailSpellings } from '../users/email.ts';
import type { UserRow } from '../users/queries.ts';
import { passwordFits } from './passwords.ts';
import { findAccountByEmail } from './queries.ts';
import { openSession } from './session.ts';

const WINDOW_SECONDS = 15 * 60;
/** Failed sign-ins in a window to one account from one address, … */
const PER_PAIR = 10;
/** … to one account from all addresses that are strangers to it, … */
const PER_ACCOUNT = 30;
/** … and from one address to all accounts it is a stranger to. */
const PER_ADDRESS = 100;

export interface Attempt {
  email: string;
  password: string;
  /** As `addressScope` gives it. */
  address: string;
  userAgent: string | null;
}

/**
 * Signs in: a new session's token and its user.
 * @throws {Problem} unauthenticated, the same for every reason; rate-limited, whether or not the account exists
 */
export async function signIn(
  db: Database,
  attempt: Attempt,
  scale: number,
): Promise<{ user: UserRow; token: string }> {
  const email = emailSpellings(attempt.email);
  const account = await findAccountByEmail(db, email, attempt.address);
  const budgets = signInBudgets(email.canonical, attempt.address, account?.familiar ?? false, scale);
  await guardPassword(db, budgets, async () => {
    const fits = await passwordFits(attempt.password, account?.passwordHash);
    return fits && account?.disabledAt === null;
  });
  const token = await inTransaction(db, (trx) =>
    openSession(trx, {
      userId: account!.id,
      passwordHash: account!.passwordHash!,
      address: attempt.address,
      userAgent: attempt.userAgent,
    }),
  );
  if (token === null) throw wrongPassword();
  return { user: account!, token };
}

/**
 * What failed sign-ins are charged to. An address from which the account was signed in to lately answers only for its own
 * failures: whoever guesses from elsewhere cannot lock the owner out. E-mails are hashed, so that unknown ones are counted
 * like known ones and none is kept in clear.
 */
export function signInBudgets(email: string, address: string, familiar: boolean, scale: number): Budget[] {
  const account = createHash('sha256').update(email).digest('base64url');
  const budget = (scope: string, limit: number) => ({
    scope: `sign-in:${scope}`,
    limit: Math.max(1, Math.round(limit * scale)),
    windowSeconds: WINDOW_SECONDS,
  });
  const own = budget(`${account}:${address}`, PER_PAIR);
  return familiar
    ? [own]
    : [own, budget(`account:${account}`, PER_ACCOUNT), budget(`address:${address}`, PER_ADDRESS)];
}

/**
 * Checks a password under its budgets. They are charged before, and given back unless the password was wrong: many attempts
 * at once cannot all slip through before the first has failed.
 * @throws {Problem} unauthenticated, rate-limited
 */
export async function guardPassword(
  db: Database,
  budgets: readonly Budget[],
  check: () => Promise<boolean>,
): Promise<void> {
  const spent = await spendBudgets(db, budgets);
  if (spent.size > 0) {
    // Not an attempt: one address that goes on trying must not use up what others have.
    await refundBudgets(
      db,
      budgets.filter(({ scope }) => !spent.has(scope)),
    );
    throw new Problem('rate-limited', 'Too many failed attempts.', {
      retryAfter: Math.max(...spent.values()),
    });
  }
  let fits: boolean;
  try {
    fits = await check();
  } catch (error) {
    await refundBudgets(db, budgets);
    throw error;
  }
  if (!fits) throw wrongPassword();
  await refundBudgets(db, budgets);
}

export const wrongPassword = () => new Problem('unauthenticated', 'The e-mail or the password is wrong.');
