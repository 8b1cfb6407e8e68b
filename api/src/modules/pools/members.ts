import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { emailSpellings, readEmail } from '../users/email.ts';
import {
  deleteMembers,
  findAccountsByEmail,
  findUserIds,
  insertMembers,
  inviteUsers,
  lockPool,
} from './queries.ts';
import { MAX_LISTED, MAX_REPORTED } from './schemas.ts';

/** Somebody named for a pool; `line` is where, from 1. */
export type Named = { line: number } & ({ userId: string } | { email: string });

export interface Addition {
  added: number;
  alreadyMembers: number;
  invited: number;
  unknown: number;
  unconfirmed: number;
  errors: { line: number; value: string; reason: string }[];
}

/**
 * Adds everybody who has an account to a pool, and reports the others, or makes accounts for them, which sign in by an access link.
 *
 * An e-mail stands for a person. An account that somebody registered with it and nobody confirmed may be a stranger's, who would
 * collect what is meant for that person: it is added only when the caller says so. An id stands for the account itself.
 * @throws {Problem} not-found
 */
export async function addMembers(
  trx: Transaction,
  poolId: string,
  named: readonly Named[],
  { invite, includeUnconfirmed }: { invite: boolean; includeUnconfirmed: boolean },
): Promise<Addition> {
  await requirePool(trx, poolId);
  if (named.length > MAX_LISTED) await allowBulkWork(trx);
  const errors: Addition['errors'] = [];
  const userIds = new Set<string>();
  const strangers = new Map<string, number>();

  const known = await findUserIds(
    trx,
    named.flatMap((one) => ('userId' in one ? [one.userId] : [])),
  );
  const lines = new Map<string, number>();
  for (const one of named) {
    if ('userId' in one) {
      if (known.has(one.userId)) userIds.add(one.userId);
      else errors.push({ line: one.line, value: one.userId, reason: 'no account has this id' });
    } else {
      const read = readEmail(one.email);
      if ('fault' in read)
        errors.push({ line: one.line, value: one.email.slice(0, 254), reason: read.fault });
      else if (!lines.has(read.email)) lines.set(read.email, one.line);
    }
  }
  const accounts = await findAccountsByEmail(trx, [...lines.keys()]);
  let unconfirmed = 0;
  for (const [email, line] of lines) {
    const account = accounts.get(email);
    if (!account) strangers.set(email, line);
    else if (account.confirmed || includeUnconfirmed) userIds.add(account.id);
    else {
      unconfirmed += 1;
      errors.push({ line, value: email, reason: 'the account is not confirmed' });
    }
  }

  const invited = invite ? await inviteUsers(trx, [...strangers.keys()]) : [];
  for (const id of invited) userIds.add(id);
  if (!invite) {
    for (const [email, line] of strangers)
      errors.push({ line, value: email, reason: 'no account has this e-mail' });
  }

  const added = await insertMembers(trx, poolId, [...userIds]);
  errors.sort((a, b) => a.line - b.line);
  return {
    added,
    alreadyMembers: userIds.size - added,
    invited: invited.length,
    unknown: errors.length - unconfirmed,
    unconfirmed,
    errors: errors.slice(0, MAX_REPORTED),
  };
}

/**
 * Takes users out of a pool; what they were given stays theirs.
 * @param who everybody for null
 * @throws {Problem} not-found
 */
export async function removeMembers(
  trx: Transaction,
  poolId: string,
  who: { userIds: readonly string[]; emails: readonly string[] } | null,
): Promise<{ removed: number }> {
  await requirePool(trx, poolId);
  if (who === null) return { removed: await deleteMembers(trx, poolId, null) };
  const spellings = who.emails.map(emailSpellings).flatMap(({ canonical, kept }) => [canonical, kept]);
  const byEmail = await findAccountsByEmail(trx, spellings);
  const ids = [...byEmail.values()].map(({ id }) => id);
  return { removed: await deleteMembers(trx, poolId, [...who.userIds, ...ids]) };
}

async function requirePool(trx: Transaction, poolId: string): Promise<void> {
  if (!(await lockPool(trx, poolId))) throw new Problem('not-found', 'There is no such pool.');
}
