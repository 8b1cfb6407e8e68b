import { createHash } from 'node:crypto';
import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { type Budget, refundBudgets, spendBudgets } from '../../../access/budgets.ts';
import { Problem } from '../../../problems.ts';
import { emailSpellings } from '../../../email.ts';
import { networkScope } from '../../../plugins/rate-limit.ts';
import type { UserRow } from '../people/queries.ts';
import { deviceOf, newDevice } from './device-cookie.ts';
import { hashQueue, type Source } from './hash-queue.ts';
import { type Hashing, inTurn } from './passwords.ts';
import { type Account, findAccountByEmail } from './queries.ts';
import { openSession } from './session.ts';

const WINDOW_SECONDS = 15 * 60;
/** Failed sign-ins in a window to one account from one address, … */
const PER_PAIR = 10;
/** … or, once strangers have failed this often at an account, … */
const PER_ACCOUNT = 30;
/** … only this often from each strange address. */
const PER_PAIR_UNDER_ATTACK = 3;
/** Failed sign-ins from one address to all accounts it is a stranger to. */
const PER_ADDRESS = 100;
/** Tries of one address after which it is not heard while strangers crowd the queue. */
const TRIES_IN_A_CROWD = 3;
const CROWD_RETRY_SECONDS = 5;

/** A password for an account, from an address. */
interface Guess {
  email: string;
  password: string;
  /** As `addressScope` gives it. */
  address: string;
  /** What the cookie of the device says. */
  device?: string | null;
}

export interface Attempt extends Guess {
  userAgent: string | null;
}

/**
 * Signs in: a new session's token, what the device is known by from now on, and the user.
 * @throws {Problem} unauthenticated, the same for every reason; rate-limited, whether or not the account exists
 */
export async function signIn(
  db: Database,
  attempt: Attempt,
  scale: number,
): Promise<{ user: UserRow; token: string; device: string }> {
  const account = await findAccountOf(db, attempt, scale, ({ disabledAt }) => disabledAt === null);
  const token = await inTransaction(db, (trx) =>
    openSession(trx, {
      userId: account.id,
      passwordHash: account.passwordHash!,
      address: attempt.address,
      userAgent: attempt.userAgent,
    }),
  );
  if (token === null) throw wrongPassword();
  return { user: account, token, device: newDevice(account) };
}

/**
 * Whether an account has this password, asked at the price of a sign-in: for repeats of what has set it.
 * @throws {Problem} rate-limited, unavailable
 */
export async function isPasswordOf(db: Database, attempt: Guess, scale: number): Promise<boolean> {
  try {
    await findAccountOf(db, attempt, scale, () => true);
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'unauthenticated') return false;
    throw error;
  }
}

/** The account of an e-mail and its password. */
async function findAccountOf(
  db: Database,
  { email: text, password, address, device = null }: Guess,
  scale: number,
  isOpen: (account: Account) => boolean,
): Promise<Account> {
  const email = emailSpellings(text);
  const account = await findAccountByEmail(db, email, address);
  const known = deviceOf(device, account);
  const isKnown = known !== null || (account?.familiar ?? false);
  const place = known === null ? address : `device ${known}`;
  const budgets = signInBudgets(email.canonical, place, isKnown, scale);
  // People who share an address of old do not wait for each other.
  const source = isKnown ? { name: `${account!.id} ${place}`, isKnown } : strangerAt(address, device);
  const signedIn = await guardPassword(db, budgets, source, async ({ fits }) => {
    const isRight = await fits(password, account?.passwordHash);
    return isRight && account !== undefined && isOpen(account) && account;
  });
  // Of an office, hundreds may come on one morning. What a known one does, right or wrong, counts for nobody else.
  if (!isKnown) hashQueue.forgive(source);
  return signedIn;
}

/**
 * A stranger, as the queue sees it. A device cookie, true or not, makes another one: a guesser in an office does not shut the door on
 * those there who have signed in before.
 */
export const strangerAt = (address: string, device: string | null): Source => ({
  name: device === null ? address : `${address} with a device`,
  network: networkScope(address),
  isKnown: false,
});

/**
 * For before the body is read: while strangers crowd the queue, those who have had their tries are not heard again.
 * @throws {Problem} rate-limited
 */
export function refuseInCrowd({ name }: Source, scale: number): void {
  if (hashQueue.isCrowdedFor(name, Math.max(1, Math.round(TRIES_IN_A_CROWD * scale))))
    throw new Problem('rate-limited', 'too-many-sign-ins', { retryAfter: CROWD_RETRY_SECONDS });
}

/** What failed attempts at one password are charged to. */
export interface SignInBudgets {
  /** Each of these stops whoever has spent it. */
  own: Budget[];
  /** Of an address that is a stranger to the account: when all strangers have spent the first, each has only the second. */
  strangers?: { all: Budget; each: Budget };
}

/**
 * A device, or an address, from which the account was signed in to lately answers only for its own failures. One that is a stranger to
 * it has less while others guess, but never nothing: guessers do not lock the owner out, wherever the owner is (decision 18). E-mails are hashed,
 * so that unknown ones are counted like known ones and none is kept in clear.
 */
export function signInBudgets(email: string, place: string, isKnown: boolean, scale: number): SignInBudgets {
  const account = createHash('sha256').update(email).digest('base64url');
  const budget = (scope: string, limit: number) => ({
    scope: `sign-in:${scope}`,
    limit: Math.max(1, Math.round(limit * scale)),
    windowSeconds: WINDOW_SECONDS,
  });
  const pair = budget(`${account}:${place}`, PER_PAIR);
  if (isKnown) return { own: [pair] };
  return {
    own: [pair, budget(`address:${place}`, PER_ADDRESS)],
    strangers: {
      all: budget(`account:${account}`, PER_ACCOUNT),
      each: budget(`stranger:${account}:${place}`, PER_PAIR_UNDER_ATTACK),
    },
  };
}

/**
 * Checks a password under its budgets, when the turn of `source` comes. They are charged before, and given back unless the password was
 * wrong: many attempts at once cannot all slip through before the first has failed.
 * @param check falsy: the password is wrong
 * @throws {Problem} unauthenticated, rate-limited, unavailable
 */
export async function guardPassword<T>(
  db: Database,
  budgets: SignInBudgets,
  source: Source,
  check: (hashing: Hashing) => Promise<T | false | null>,
): Promise<T> {
  return inTurn(source, async (hashing) => {
    const charged = await charge(db, budgets);
    let checked: T | false | null;
    try {
      checked = await check(hashing);
    } catch (error) {
      await refundBudgets(db, charged);
      throw error;
    }
    if (!checked) throw wrongPassword();
    await refundBudgets(db, charged);
    return checked;
  });
}

async function charge(db: Database, { own, strangers }: SignInBudgets): Promise<Budget[]> {
  const charged = strangers ? [...own, strangers.all] : [...own];
  const over = await spendBudgets(db, charged);
  const attacked = strangers !== undefined && over.delete(strangers.all.scope);
  if (over.size === 0 && attacked) {
    charged.push(strangers.each);
    for (const [scope, seconds] of await spendBudgets(db, [strangers.each])) over.set(scope, seconds);
  }
  if (over.size === 0) return charged;
  // Not an attempt: one address that goes on trying must not use up what others have.
  await refundBudgets(
    db,
    charged.filter(({ scope }) => !over.has(scope)),
  );
  throw new Problem('rate-limited', 'too-many-sign-ins', { retryAfter: Math.max(...over.values()) });
}

export const wrongPassword = () => new Problem('unauthenticated', 'wrong-password');
