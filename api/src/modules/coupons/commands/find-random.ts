import { randomInt } from 'node:crypto';
import { type CounterChange, counterKey, findAssignedCounts, raiseCounters } from '../counters.ts';
import { selectBookWithStockForKeyShare, selectRandomForUpdateSkipLocked } from '../queries.ts';
import { type BookRules, refuseAssignment } from '../state.ts';
import type { Places } from '../places.ts';
import type { Find, Found, SubmittedCommand } from './command.ts';
import { AGAIN } from './group-commit.ts';
import type { Hopes } from './hopes.ts';

/**
 * Finds random coupons of the one book of a group. Counters first, then coupons: the one order of locks.
 *
 * If everybody in the last group got a coupon, this one raises counters and selects coupons in the same round trip as the checks, and
 * gives back at the end what was too much. After any other group the checks come first: for a crowd before a sold-out book, or at its
 * limit, nothing is written.
 *
 * A book without an unassigned row is exhausted. If rows exist but others hold them, the commands left over are tried again: SKIP
 * LOCKED finding nothing does not mean sold out.
 */
export function createFindRandom(hopes: Hopes, places: Places): Find {
  return async (trx, asked) => {
    const bookId = asked[0]!.bookId!;
    const start = randomInt(-(2 ** 31), 2 ** 31);
    const counts = new Map<string, number>();
    const wish = ({ userId }: SubmittedCommand) => ({ bookId, userId, count: 1 });
    const take = async (wanted: CounterChange[]) => {
      const [before, coupons] = await Promise.all([
        raiseCounters(trx, wanted),
        selectRandomForUpdateSkipLocked(trx, bookId, wanted.length, start),
      ]);
      for (const [key, count] of before) counts.set(key, count);
      return { wanted, coupons };
    };
    const look = async () => {
      const users = [...new Set(asked.map(({ userId }) => userId))];
      for (const [userId, count] of await findAssignedCounts(trx, bookId, users))
        counts.set(counterKey(bookId, userId), count);
      return null;
    };
    const hopeful = hopes.of(bookId);
    // Until it is known how this group goes: if it fails, it comes again and looks first.
    hopes.dash(bookId);
    const [book, taken] = await Promise.all([
      selectBookWithStockForKeyShare(trx, bookId, start),
      hopeful ? take(asked.map(wish)) : look(),
    ]);

    return async (commands) => {
      const found: Found[] = commands.map(() => AGAIN);
      const nothing = { found, counts, reserved: taken?.wanted ?? [] };
      if (!book) {
        found.fill('not-found');
        return nothing;
      }
      const candidates = admit(commands, [...commands.keys()], book, counts, found);
      if (!book.inStock) {
        found.forEach((outcome, position) => {
          if (outcome === AGAIN) found[position] = 'book-exhausted';
        });
        return nothing;
      }
      if (candidates.length === 0) return nothing;

      const { wanted, coupons } =
        taken ?? (await take(candidates.map((position) => wish(commands[position]!))));
      // Again, now that the counters are locked. A coupon too many is let go with the transaction.
      const admitted = admit(commands, candidates, book, counts, found);
      coupons.slice(0, admitted.length).forEach(({ now, ...coupon }, index) => {
        found[admitted[index]!] = { coupon, book, now };
      });
      places.remember(coupons);
      if (Math.min(admitted.length, coupons.length) === asked.length)
        hopes.confirm(bookId, book, hopeful?.groups);
      return { found, counts, reserved: wanted };
    };
  };
}

/**
 * Those of some commands, by their positions, who may get a coupon of the book if all before them get theirs; who may not at all is
 * told so in `found`.
 */
function admit(
  commands: readonly SubmittedCommand[],
  positions: readonly number[],
  book: BookRules & { now: Date },
  counts: ReadonlyMap<string, number>,
  found: Found[],
): number[] {
  const promised = new Map<string, number>();
  return positions.filter((position) => {
    const { bookId, userId } = commands[position]!;
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
