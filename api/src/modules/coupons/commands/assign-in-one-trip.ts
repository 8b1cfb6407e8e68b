import { randomInt } from 'node:crypto';
import { type Answer, jsonAnswer } from '../../../answers/answer.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import { raiseCountersUpTo } from '../counters.ts';
import { presentCoupon } from '../present.ts';
import type { Places } from '../places.ts';
import { type KnownBook, requireUnchangedBook } from '../queries.ts';
import {
  assignRandomCoupons,
  type Answered,
  assignRandomCouponsAndAnswer,
  type Stored,
} from '../store-foreseen.ts';
import type { SubmittedCommand } from './command.ts';
import { foreseeAnswers, foreseeAssignment } from './foresee.ts';
import { inOneTrip } from './one-trip.ts';

/**
 * Gives random coupons of a book to a group of commands in one round trip.
 *
 * `decide` stays the only place of the rules. It is asked about a free coupon of the book as it was last read; what it says is what the
 * statements carry out, for coupons and a book that they find to be the same. With keys they also make the answers and keep them.
 *
 * @returns null when a check failed, and @throws an outage: see `inOneTrip`
 */
export async function assignInOneTrip(
  db: Database,
  commands: readonly SubmittedCommand[],
  book: KnownBook,
  places: Places,
): Promise<Answer[] | null> {
  const bookId = commands[0]!.bookId!;
  const outcome = foreseeAssignment(bookId, book, commands);
  if (!outcome || commands.some(({ guessBudgets }) => guessBudgets.length > 0)) return null;
  const claims = commands.map(({ claim }) => claim);
  const keepsAnswers = claims.some((claim) => claim !== null);
  const issue = (trx: Transaction, withinMs: number) => {
    const wishes = commands.map(({ userId }) => ({ bookId, userId, count: 1 }));
    // Issued in the one order of locks: book, counters, coupons.
    const checks = [
      requireUnchangedBook(trx, bookId, book.version),
      raiseCountersUpTo(trx, wishes, book.maxAssignmentsPerUser),
    ];
    const assignment = {
      bookId,
      book,
      ...outcome,
      start: randomInt(-(2 ** 31), 2 ** 31),
      to: commands.map(({ userId, actor }) => ({ userId, actorId: actor.id })),
      withinMs,
    };
    const answers = keepsAnswers
      ? assignRandomCouponsAndAnswer(trx, assignment, {
          claims,
          ...foreseeAnswers(bookId, book, outcome, commands),
        }).then(answersMade)
      : assignRandomCoupons(trx, assignment).then(answersOf);
    return { checks, answers };
  };
  return inOneTrip(db, commands, issue, { keepsAnswers });

  /** From what is stored: it may be committed, and is not to fail any more. */
  function answersOf(given: readonly Stored[]): Answer[] {
    places.remember(given.map(({ coupon }) => coupon));
    return given.map(({ coupon, now }, index) =>
      jsonAnswer(200, presentCoupon(coupon, book, commands[index]!.actor, now)),
    );
  }

  function answersMade(given: readonly Answered[]): Answer[] {
    places.remember(given.map(({ id, code }) => ({ bookId, id, code, redemptionCount: 0 })));
    return given.map(({ body }) => ({ status: 200, body }));
  }
}
