import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { explain, type Explanation, type Why } from '../../reasons.ts';
import { emailSpellings } from '../../email.ts';
import {
  findAccountsByEmail,
  findIdsByExternalId,
  findUserIds,
  inviteUsers,
} from '../accounts/people/queries.ts';
import { deleteMembers, insertMembers, selectPoolForNoKeyUpdate } from './queries.ts';
import { MAX_LISTED, MAX_REPORTED } from './schemas.ts';

/** Somebody named for a pool; `line` is where, from 1. */
export type Named = { line: number } & (
  { userId: string } | { externalUserId: string } | { email: string; name?: string | null }
);

export function nameOf(one: Named): string {
  if ('email' in one) return one.email;
  return 'userId' in one ? one.userId : one.externalUserId;
}

/** Whom a request names, and what of its file or list is nobody. */
export interface NamedRows {
  named: Named[];
  refused: Refused[];
  skipped: Refused[];
}

export type Refused = { line: number; value: string } & Why;

export interface Addition {
  rows: number;
  added: number;
  alreadyMembers: number;
  invited: number;
  duplicates: number;
  unknown: number;
  unconfirmed: number;
  skipped: number;
  errors: ({ line: number; value: string } & Explanation)[];
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
  { named, refused, skipped }: NamedRows,
  { invite, includeUnconfirmed }: { invite: boolean; includeUnconfirmed: boolean },
): Promise<Addition> {
  await requirePool(trx, poolId);
  if (named.length > MAX_LISTED) await allowBulkWork(trx, { inRequest: true });
  const errors = [...refused];
  const userIds = new Set<string>();

  const known = await findUserIds(
    trx,
    named.flatMap((one) => ('userId' in one ? [one.userId] : [])),
  );
  const byExternalId = await findIdsByExternalId(
    trx,
    named.flatMap((one) => ('externalUserId' in one ? [one.externalUserId] : [])),
  );
  const people = new Map<string, { line: number; email: string; name: string | null }>();
  let duplicates = 0;
  for (const one of named) {
    if ('email' in one) {
      if (people.has(one.email)) duplicates += 1;
      else people.set(one.email, { name: null, ...one });
    } else if ('userId' in one) {
      if (known.has(one.userId)) add(one.userId);
      else errors.push({ line: one.line, value: one.userId, reason: 'no-account-id' });
    } else {
      const id = byExternalId.get(one.externalUserId);
      if (id !== undefined) add(id);
      else errors.push({ line: one.line, value: one.externalUserId, reason: 'no-account-external-id' });
    }
  }
  const accounts = await findAccountsByEmail(trx, [...people.keys()]);
  const strangers = [...people.values()].filter(({ email }) => !accounts.has(email));
  let unconfirmed = 0;
  for (const { email, line } of people.values()) {
    const account = accounts.get(email);
    if (!account) continue;
    if (account.confirmed || includeUnconfirmed) add(account.id);
    else {
      unconfirmed += 1;
      errors.push({ line, value: email, reason: 'unconfirmed' });
    }
  }

  const invited = invite ? await inviteUsers(trx, strangers) : [];
  for (const id of invited) userIds.add(id);
  if (!invite) {
    for (const { email, line } of strangers) errors.push({ line, value: email, reason: 'no-account' });
  }

  const added = await insertMembers(trx, poolId, [...userIds]);
  const listed = [...errors, ...skipped].sort((a, b) => a.line - b.line).slice(0, MAX_REPORTED);
  return {
    rows: named.length + refused.length + skipped.length,
    added,
    alreadyMembers: userIds.size - added,
    invited: invited.length,
    duplicates,
    unknown: errors.length - unconfirmed,
    unconfirmed,
    skipped: skipped.length,
    errors: listed.map(({ line, value, ...why }) => ({ line, value, ...explain(why) })),
  };

  function add(userId: string): void {
    if (userIds.has(userId)) duplicates += 1;
    else userIds.add(userId);
  }
}

/**
 * Takes users out of a pool; what they were given stays theirs.
 * @param who everybody for null
 * @throws {Problem} not-found
 */
export async function removeMembers(
  trx: Transaction,
  poolId: string,
  who: {
    userIds: readonly string[];
    externalUserIds: readonly string[];
    emails: readonly string[];
  } | null,
): Promise<{ removed: number }> {
  await requirePool(trx, poolId);
  if (who === null) return { removed: await deleteMembers(trx, poolId, null) };
  const spellings = who.emails.map(emailSpellings).flatMap(({ canonical, kept }) => [canonical, kept]);
  const byEmail = await findAccountsByEmail(trx, spellings);
  const ids = [...byEmail.values()].map(({ id }) => id);
  const byExternalId = await findIdsByExternalId(trx, who.externalUserIds);
  return { removed: await deleteMembers(trx, poolId, [...who.userIds, ...byExternalId.values(), ...ids]) };
}

async function requirePool(trx: Transaction, poolId: string): Promise<void> {
  if (!(await selectPoolForNoKeyUpdate(trx, poolId))) throw new Problem('not-found', 'no-such-pool');
}
