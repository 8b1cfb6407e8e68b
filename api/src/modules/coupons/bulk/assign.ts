import { randomInt } from 'node:crypto';
import type { Transaction } from '../../../database/connection.ts';
import { Problem } from '../../../problems.ts';
import { findActiveUsers } from '../../accounts/people/queries.ts';
import { counterKey, raiseCounters } from '../counters.ts';
import { selectBookWithStockForKeyShare, selectInOrderForUpdateSkipLocked } from '../queries.ts';
import { type Actor, decide, refuseAssignment } from '../state.ts';
import { type Change, storeOutcomes } from '../store.ts';

/** How many coupons a user shall get. */
export interface Wish {
  userId: string;
  count: number;
}

export interface Grant {
  given: number;
  /** Why no more can be given to this user; null: all were, or others hold the coupons at this moment. */
  refusal: 'assignment-limit-reached' | 'user-disabled' | null;
}

export interface Granted {
  /** What each got, in the order of the wishes. */
  grants: Grant[];
  /** False: no coupon was left, and nothing was done. */
  inStock: boolean;
  /** The last coupon given, to go on from. */
  lastId: number;
}

/**
 * Gives coupons of a book to many users in one transaction, like as many single assignments: counters first, then coupons, each
 * decided by the same rules. The coupons are those that come after `afterId`.
 * @param wishes each user once
 * @throws {Problem} not-found, book-not-active
 */
export async function assignMany(
  trx: Transaction,
  { bookId, actor, jobId, afterId }: { bookId: string; actor: Actor; jobId: string; afterId: number },
  wishes: readonly Wish[],
): Promise<Granted> {
  const book = await selectBookWithStockForKeyShare(trx, bookId, randomInt(-(2 ** 31), 2 ** 31));
  if (!book) throw new Problem('not-found', 'no-such-book');
  if (refuseAssignment(book, 0, book.now) === 'book-not-active') throw notActive();
  const grants: Grant[] = wishes.map(() => ({ given: 0, refusal: null }));
  if (!book.inStock) return { grants, inStock: false, lastId: afterId };

  const users = await findActiveUsers(
    trx,
    wishes.map(({ userId }) => userId),
  );
  const open = wishes.flatMap(({ userId, count }, index) => {
    if (users.has(userId)) return [{ bookId, userId, count, grant: grants[index]! }];
    grants[index]!.refusal = 'user-disabled';
    return [];
  });
  const before = await raiseCounters(trx, open);
  const assignedTo = (userId: string) => before.get(counterKey(bookId, userId))!;
  const allowed = open.map(({ userId, count, grant }) => {
    const room = Math.max(0, (book.maxAssignmentsPerUser ?? Infinity) - assignedTo(userId));
    if (room < count) grant.refusal = 'assignment-limit-reached';
    return Math.min(count, room);
  });

  const wanted = allowed.reduce((sum, count) => sum + count, 0);
  const coupons =
    wanted > 0 ? await selectInOrderForUpdateSkipLocked(trx, bookId, { count: wanted, afterId }) : [];
  const changes: Change[] = [];
  let next = 0;
  for (const [index, { userId, grant }] of open.entries()) {
    for (; grant.given < allowed[index]! && next < coupons.length; next += 1) {
      const { now, ...coupon } = coupons[next]!;
      const assigned = assignedTo(userId) + grant.given;
      const decision = decide(coupon, book, { type: 'assign', actor, userId, assigned }, now);
      if ('refusal' in decision) throw notActive(); // The book's time has just run out; the rest was looked at above.
      changes.push({ from: coupon, now, ...decision });
      grant.given += 1;
    }
    // Others hold the coupons that are missing: what the limit allows may still be had.
    if (grant.given < allowed[index]!) grant.refusal = null;
  }
  await storeOutcomes(trx, { changes, reserved: open, jobId });
  return { grants, inStock: true, lastId: coupons.at(-1)?.id ?? afterId };
}

const notActive = () => new Problem('book-not-active');
