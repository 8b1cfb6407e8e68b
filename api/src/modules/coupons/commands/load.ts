import { randomInt } from 'node:crypto';
import type { Transaction } from '../../../database/connection.ts';
import { AGAIN } from './batcher.ts';
import {
  type CounterChange,
  claimCoupons,
  findAssignedCounts,
  findBooksOfCodes,
  lockBookForClaim,
  lockBooks,
  lockFreeCoupons,
  reserveAssignments,
} from '../queries.ts';
import { type BookRules, refuseAssignment } from '../state.ts';
import {
  counterKey,
  type Found,
  type Load,
  sumCounters,
  type Take,
  type TransitionRequest,
} from './settle.ts';

/** Most books of which is known that everybody got a coupon in their last batch. */
const MAX_HOPEFUL = 1_000;

/**
 * Finds random coupons of the one book of a batch. Counters first, then coupons: the one order of locks.
 *
 * After a batch in which everybody got a coupon, the next of that book is expected to go the same way: what it needs is taken in the
 * round trip that looks whether it may be, and what was too much is given back at the end. After any other batch the look comes first:
 * to a crowd before a sold-out book, or at its limit, nothing is written.
 *
 * A book without an unassigned row is exhausted. If rows exist but others hold them, the requests left over are tried again: SKIP
 * LOCKED finding nothing does not mean sold out.
 */
export function createRandomLoad(): Load {
  const hopeful = new Set<string>();
  const hope = (bookId: string) => {
    hopeful.add(bookId);
    if (hopeful.size > MAX_HOPEFUL) hopeful.delete(hopeful.values().next().value!); // The one of longest ago.
  };
  return async (trx, asked) => {
    const bookId = asked[0]!.bookId!;
    const start = randomInt(-(2 ** 31), 2 ** 31);
    const counts = new Map<string, number>();
    const wish = ({ userId }: TransitionRequest) => ({ bookId, userId, count: 1 });
    const take = async (wanted: CounterChange[]) => {
      const [, coupons] = await Promise.all([
        reserve(trx, wanted, counts),
        claimCoupons(trx, bookId, wanted.length, start),
      ]);
      return { wanted, coupons };
    };
    const look = async () => {
      const users = [...new Set(asked.map(({ userId }) => userId))];
      for (const [userId, count] of await findAssignedCounts(trx, bookId, users))
        counts.set(counterKey(bookId, userId), count);
      return null;
    };
    // Taken from the set until it is known how this batch goes: if it fails, it comes again and looks first.
    const early = hopeful.delete(bookId);
    const [book, taken] = await Promise.all([
      lockBookForClaim(trx, bookId, start),
      early ? take(asked.map(wish)) : look(),
    ]);

    return async (requests) => {
      const found: Found[] = requests.map(() => AGAIN);
      const nothing = { found, counts, reserved: taken?.wanted ?? [] };
      if (!book) {
        found.fill('not-found');
        return nothing;
      }
      const candidates = admit(requests, [...requests.keys()], book, counts, found);
      if (!book.inStock) {
        found.forEach((outcome, position) => {
          if (outcome === AGAIN) found[position] = 'book-exhausted';
        });
        return nothing;
      }
      if (candidates.length === 0) return nothing;

      const { wanted, coupons } =
        taken ?? (await take(candidates.map((position) => wish(requests[position]!))));
      // Again, now that the counters are locked. A coupon too many is only locked and let go.
      const admitted = admit(requests, candidates, book, counts, found);
      coupons.slice(0, admitted.length).forEach(({ now, ...coupon }, index) => {
        found[admitted[index]!] = { coupon, book, now };
      });
      if (Math.min(admitted.length, coupons.length) === asked.length) hope(bookId);
      return { found, counts, reserved: wanted };
    };
  };
}

/**
 * Those of some requests, by their positions, who may get a coupon of the book if all before them get theirs; who may not at all is
 * told so in `found`.
 */
function admit(
  requests: readonly TransitionRequest[],
  positions: readonly number[],
  book: BookRules & { now: Date },
  counts: ReadonlyMap<string, number>,
  found: Found[],
): number[] {
  const promised = new Map<string, number>();
  return positions.filter((position) => {
    const { bookId, userId } = requests[position]!;
    const key = counterKey(bookId!, userId);
    const assigned = counts.get(key) ?? 0;
    const earlier = promised.get(key) ?? 0;
    const refusal = refuseAssignment(book, assigned, book.now);
    if (refusal) found[position] = refusal;
    // At the limit only by what is promised to earlier ones: it comes again, when it is known what they got.
    if (refuseAssignment(book, assigned + earlier, book.now)) return false;
    promised.set(key, earlier + 1);
    return true;
  });
}

/** Finds the coupons that the requests of a batch name, to assign them. */
export async function loadForAssign(trx: Transaction, asked: TransitionRequest[]): Promise<Take> {
  const places = await findBooksOfCodes(trx, codesOf(asked));
  return async (requests) => {
    const counts = new Map<string, number>();
    if (requests.length === 0) return { found: [], counts, reserved: [] };
    const free = (code: string) => places.get(code)?.state === 'UNASSIGNED';
    const reserved = requests.map(({ code, userId }) =>
      free(code!) ? { bookId: places.get(code!)!.bookId, userId, count: 1 } : null,
    );
    const wanted = reserved.filter((change) => change !== null);
    // Issued in the one order of locks: books, counters, coupons.
    const firstLocks =
      wanted.length > 0
        ? [lockBooks(trx, [...new Set(wanted.map(({ bookId }) => bookId))]), reserve(trx, wanted, counts)]
        : [];
    const [coupons] = await Promise.all([lockFreeCoupons(trx, codesOf(requests)), ...firstLocks]);
    const found = requests.map((request, index): Found => {
      const row = coupons.get(request.code!);
      if (!row) return places.has(request.code!) ? AGAIN : missing(request);
      // Given back between the look and the lock: its counter is not ours yet.
      if (row.state === 'UNASSIGNED' && !reserved[index]) return AGAIN;
      return { coupon: row, book: row, now: row.now };
    });
    return { found, counts, reserved: wanted };
  };
}

/**
 * Locks the coupons that the requests of a batch name, to lock, unlock or redeem them; also those of requests that turn out to have
 * been answered before, which need nothing: they are let go with the transaction.
 */
export async function loadByCode(trx: Transaction, asked: TransitionRequest[]): Promise<Take> {
  const coupons = await lockFreeCoupons(trx, codesOf(asked));
  return async (requests) => {
    const absent = codesOf(requests).filter((code) => !coupons.has(code));
    const held = absent.length > 0 ? await findBooksOfCodes(trx, absent) : new Map();
    const found = requests.map((request): Found => {
      const row = coupons.get(request.code!);
      if (row) return { coupon: row, book: row, now: row.now };
      return held.has(request.code!) ? AGAIN : missing(request);
    });
    return { found, counts: new Map(), reserved: [] };
  };
}

const codesOf = (requests: readonly TransitionRequest[]) => requests.map(({ code }) => code!);

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
