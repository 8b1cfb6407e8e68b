import { randomInt } from 'node:crypto';
import type { Transaction } from '../../database/connection.ts';
import { AGAIN } from './batch.ts';
import {
  type CounterChange,
  claimCoupons,
  findAssignedCounts,
  findBooksOfCodes,
  lockBookForClaim,
  lockBooks,
  lockFreeCoupons,
  reserveAssignments,
} from './queries.ts';
import { refuseAssignment } from './state.ts';
import { counterKey, type Found, type Loaded, sumCounters, type TransitionRequest } from './transition.ts';

/**
 * Finds random coupons of one book for the requests of a batch. Counters first, then coupons: the one order of locks.
 *
 * A book without an unassigned row is exhausted and nothing is written. If rows exist but others hold them, the requests left
 * over are tried again: SKIP LOCKED finding nothing does not mean sold out.
 */
export async function loadRandom(trx: Transaction, requests: TransitionRequest[]): Promise<Loaded> {
  const bookId = requests[0]!.bookId!;
  const start = randomInt(-(2 ** 31), 2 ** 31);
  const found: Found[] = requests.map(() => AGAIN);
  const reserved: (CounterChange | null)[] = requests.map(() => null);
  const counts = new Map<string, number>();
  const result = { found, counts, reserved };

  const book = await lockBookForClaim(trx, bookId, start);
  if (!book) {
    found.fill('not-found');
    return result;
  }

  /** Those who may get a coupon, if all before them in this batch get theirs. */
  const admit = (positions: number[]): number[] => {
    const promised = new Map<string, number>();
    return positions.filter((position) => {
      const key = counterKey(bookId, requests[position]!.userId);
      const assigned = counts.get(key) ?? 0;
      const earlier = promised.get(key) ?? 0;
      const refusal = refuseAssignment(book, assigned, book.now);
      if (refusal) found[position] = refusal;
      // At the limit only by what is promised to earlier ones: it comes again, when it is known what they got.
      if (refuseAssignment(book, assigned + earlier, book.now)) return false;
      promised.set(key, earlier + 1);
      return true;
    });
  };

  // A look at the counters without locking them: who is at the limit, and a crowd before a sold-out book, cost no write.
  if (book.maxAssignmentsPerUser !== null) {
    const userIds = [...new Set(requests.map(({ userId }) => userId))];
    for (const [userId, assigned] of await findAssignedCounts(trx, bookId, userIds)) {
      counts.set(counterKey(bookId, userId), assigned);
    }
  }
  let admitted = admit(requests.map((_, position) => position));
  if (!book.inStock) {
    found.forEach((outcome, position) => {
      if (outcome === AGAIN) found[position] = 'book-exhausted';
    });
    return result;
  }

  const wanted = admitted.map((position) => ({ bookId, userId: requests[position]!.userId, count: 1 }));
  admitted.forEach((position, index) => {
    reserved[position] = wanted[index]!;
  });
  await reserve(trx, wanted, counts);
  admitted = admit(admitted);

  const coupons = admitted.length > 0 ? await claimCoupons(trx, bookId, admitted.length, start) : [];
  coupons.forEach(({ now, ...coupon }, index) => {
    found[admitted[index]!] = { coupon, book, now };
  });
  return result;
}

/** Finds the coupons that the requests of a batch name, to assign them. */
export async function loadForAssign(trx: Transaction, requests: TransitionRequest[]): Promise<Loaded> {
  const codes = requests.map(({ code }) => code!);
  const places = await findBooksOfCodes(trx, codes);
  const free = (code: string) => places.get(code)?.state === 'UNASSIGNED';
  const reserved = requests.map(({ code, userId }) =>
    free(code!) ? { bookId: places.get(code!)!.bookId, userId, count: 1 } : null,
  );
  const wanted = reserved.filter((change) => change !== null);
  const counts = new Map<string, number>();
  if (wanted.length > 0) {
    await lockBooks(trx, [...new Set(wanted.map(({ bookId }) => bookId))]);
    await reserve(trx, wanted, counts);
  }
  const coupons = await lockFreeCoupons(trx, codes);
  const found = requests.map((request, index): Found => {
    const row = coupons.get(request.code!);
    if (!row) return places.has(request.code!) ? AGAIN : missing(request);
    // Given back between the look and the lock: its counter is not ours yet.
    if (row.state === 'UNASSIGNED' && !reserved[index]) return AGAIN;
    return { coupon: row, book: row, now: row.now };
  });
  return { found, counts, reserved };
}

/** Finds the coupons that the requests of a batch name, to lock, unlock or redeem them. */
export async function loadByCode(trx: Transaction, requests: TransitionRequest[]): Promise<Loaded> {
  const codes = requests.map(({ code }) => code!);
  const coupons = await lockFreeCoupons(trx, codes);
  const absent = codes.filter((code) => !coupons.has(code));
  const held = absent.length > 0 ? await findBooksOfCodes(trx, absent) : new Map();
  const found = requests.map((request): Found => {
    const row = coupons.get(request.code!);
    if (row) return { coupon: row, book: row, now: row.now };
    return held.has(request.code!) ? AGAIN : missing(request);
  });
  return { found, counts: new Map(), reserved: requests.map(() => null) };
}

/** To a USER, a code that does not exist is like one of somebody else's. */
const missing = ({ actor }: TransitionRequest) => (actor.role === 'ADMIN' ? 'not-found' : 'not-your-coupon');

async function reserve(
  trx: Transaction,
  wanted: CounterChange[],
  counts: Map<string, number>,
): Promise<void> {
  const changes = sumCounters(wanted);
  const before = await reserveAssignments(trx, changes);
  changes.forEach(({ bookId, userId }, index) => counts.set(counterKey(bookId, userId), before[index]!));
}
