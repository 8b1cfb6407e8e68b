import { randomInt } from 'node:crypto';
import type { Transaction } from '../../../database/connection.ts';
import { Problem } from '../../../problems.ts';
import { findActiveUsers } from '../../accounts/people/queries.ts';
import { foreseeAssignment } from '../commands/foresee.ts';
import { counterKey, lowerCounters, raiseCounters, sumCounters } from '../counters.ts';
import { type KnownBook, selectBookWithStockForKeyShare } from '../queries.ts';
import { type Actor, refuseAssignment } from '../state.ts';
import { assignCouponsInOrder } from '../store-foreseen.ts';

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
 * Gives coupons of a book to many users in one transaction, like as many single assignments: counters first, then coupons, by the same
 * rules. The coupons are those that come after `afterId`.
 * @param wishes each user once
 * @throws {Problem} not-found, book-not-active
 */
export async function assignMany(
  trx: Transaction,
  { bookId, actor, jobId, afterId }: { bookId: string; actor: Actor; jobId: string; afterId: number },
  wishes: readonly Wish[],
): Promise<Granted> {
  const [book, users] = await Promise.all([
    selectBookWithStockForKeyShare(trx, bookId, randomInt(-(2 ** 31), 2 ** 31)),
    findActiveUsers(
      trx,
      wishes.map(({ userId }) => userId),
    ),
  ]);
  if (!book) throw new Problem('not-found', 'no-such-book');
  if (refuseAssignment(book, 0, book.now) === 'book-not-active') throw notActive();
  const grants: Grant[] = wishes.map(() => ({ given: 0, refusal: null }));
  if (!book.inStock) return { grants, inStock: false, lastId: afterId };

  const open = wishes.flatMap(({ userId, count }, index) => {
    if (users.has(userId)) return [{ bookId, userId, count, grant: grants[index]! }];
    grants[index]!.refusal = 'user-disabled';
    return [];
  });
  const before = await raiseCounters(trx, open);
  const allowed = open.map(({ userId, count, grant }) => {
    const assigned = before.get(counterKey(bookId, userId))!;
    let room = 0;
    while (room < count && !refuseAssignment(book, assigned + room, book.now)) room += 1;
    if (room < count) grant.refusal = 'assignment-limit-reached';
    return { userId, count: room, grant };
  });
  const to = allowed.filter(({ count }) => count > 0);
  const lastId = to.length > 0 ? await giveInOrder(trx, { bookId, book, actor, jobId, afterId }, to) : null;
  const given = open.map(({ userId, grant }) => ({ bookId, userId, count: grant.given }));
  await lowerCounters(trx, sumCounters(open, given));
  return { grants, inStock: true, lastId: lastId ?? afterId };
}

interface Giving {
  bookId: string;
  book: KnownBook;
  actor: Actor;
  jobId: string;
  afterId: number;
}

/** Gives what is allowed and there is, and notes it in the grants. @returns the last coupon */
async function giveInOrder(
  trx: Transaction,
  { bookId, book, actor, ...order }: Giving,
  to: readonly { userId: string; count: number; grant: Grant }[],
): Promise<number | null> {
  const wishes = to.map(({ userId }) => ({ actor, userId }));
  const outcome = foreseeAssignment(bookId, book, wishes);
  if (!outcome) throw new Error('an assignment is more than what assignCouponsInOrder stores');
  const stored = { ...order, ...outcome, bookId, book, actorId: actor.id, to };
  const { selected, given, lastId } = await assignCouponsInOrder(trx, stored);
  if (given < selected) throw notActive(); // The book's time has just run out; the rest was looked at above.
  let left = given;
  for (const { count, grant } of to) {
    grant.given = Math.min(count, left);
    left -= grant.given;
    // Others hold the coupons that are missing: what the limit allows may still be had.
    if (grant.given < count) grant.refusal = null;
  }
  return lastId;
}

const notActive = () => new Problem('book-not-active');
