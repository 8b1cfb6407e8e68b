import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Answer, jsonAnswer } from '../../../answers/answer.ts';
import { findAnswers, saveAnswers } from '../../../answers/idempotency.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import { isOutage } from '../../../database/errors.ts';
import { commitWith, inTransaction } from '../../../database/transaction.ts';
import { requireActiveUsers } from '../../accounts/people/queries.ts';
import { raiseCountersUpTo } from '../counters.ts';
import { presentCoupon } from '../present.ts';
import type { Places } from '../places.ts';
import { requireUnchangedBook } from '../queries.ts';
import { type Coupon, decide, type EventType } from '../state.ts';
import { assignRandomCoupons } from '../store.ts';
import type { SubmittedCommand } from './command.ts';
import type { KnownBook } from './hopes.ts';

/** What a group has to have left of its time: it cannot be asked again between its locks and its COMMIT. */
const LEAST_MS = 1_500;
/** Of that, for the COMMIT itself. */
const COMMIT_MS = 500;

/**
 * Gives random coupons of a book to a group of commands that is expected to go well, in one round trip: checks, counters, coupons,
 * events and COMMIT travel together, each check as a statement that fails when it does not hold (decision 20). With Idempotency-Keys
 * the answers and the COMMIT are a second trip.
 *
 * `decide` stays the only place of the rules. It is asked about a free coupon of the book as it was last read; what it says is what the
 * statements carry out, for coupons and a book that they find to be the same.
 *
 * @returns null when a check failed: nothing was done, and the usual way tells why
 * @throws an outage, after which nobody knows what was done
 */
export async function assignInOneTrip(
  db: Database,
  commands: readonly SubmittedCommand[],
  book: KnownBook,
  places: Places,
): Promise<Answer[] | null> {
  const bookId = commands[0]!.bookId!;
  const msLeft = Math.min(...commands.map(({ deadline }) => deadline)) - performance.now();
  const outcome = foresee(bookId, book, commands);
  if (!outcome || msLeft < LEAST_MS || commands.some(({ guessBudgets }) => guessBudgets.length > 0))
    return null;
  const work = async (trx: Transaction): Promise<Answer[] | null> => {
    const claims = commands.map(({ claim }) => claim);
    const isKeyed = claims.some((claim) => claim !== null);
    const wishes = commands.map(({ userId }) => ({ bookId, userId, count: 1 }));
    // Issued in the one order of locks: book, counters, coupons.
    const statements = [
      findAnswers(trx, claims),
      requireActiveUsers(
        trx,
        commands.flatMap(({ actor, userId }) => [actor, { id: userId, role: 'USER' as const }]),
      ),
      requireUnchangedBook(trx, bookId, book.version),
      raiseCountersUpTo(trx, wishes, book.maxAssignmentsPerUser),
      assignRandomCoupons(trx, {
        bookId,
        book,
        ...outcome,
        start: randomInt(-(2 ** 31), 2 ** 31),
        to: commands.map(({ userId, actor }) => ({ userId, actorId: actor.id })),
        withinMs: Math.floor(msLeft - COMMIT_MS),
      }),
    ] as const;
    if (!isKeyed) await commitWith(trx, statements);
    const [first, , , , given] = await Promise.all(statements);
    if (first.some((answer) => answer !== null)) throw new AnsweredBefore();
    places.remember(given.map(({ coupon }) => coupon));
    // From what is stored: it may be committed, and is not to fail any more.
    const answers = given.map(({ coupon, now }, index) =>
      jsonAnswer(200, presentCoupon(coupon, book, commands[index]!.actor, now)),
    );
    if (isKeyed) {
      const entries = commands.flatMap(({ claim }, index) =>
        claim ? [{ claim, answer: answers[index]! }] : [],
      );
      await commitWith(trx, [saveAnswers(trx, entries)]);
    }
    return answers;
  };
  try {
    return await inTransaction(db, work, { byIndex: true, waitsLittle: true });
  } catch (error) {
    if (isOutage(error)) throw error;
    return null;
  }
}

/** Some of the group are repeats. */
class AnsweredBefore extends Error {}

/** What becomes of a free coupon that is given to somebody, besides its owner and its time. */
interface Outcome {
  state: Coupon['state'];
  eventType: EventType;
}

/**
 * Asks `decide` what it makes of a free coupon of the book.
 * @returns null when it refuses, or when it does more than give the coupon an owner, a time, a state and one event: the statement that
 *   carries it out can do no more
 */
export function foresee(
  bookId: string,
  book: KnownBook,
  commands: readonly Pick<SubmittedCommand, 'actor' | 'userId'>[],
): Outcome | null {
  const free = { ...FREE, bookId };
  // What the rules can see of actor and user, once each.
  const kinds = new Map(commands.map((one) => [`${one.actor.role} ${one.actor.id === one.userId}`, one]));
  const outcomes = [...kinds.values()].map(({ actor, userId }): Outcome | null => {
    const { now } = book;
    const decision = decide(free, book, { type: 'assign', actor, userId, assigned: 0 }, now);
    if ('refusal' in decision) return null;
    const { next, events } = decision;
    const { state } = next;
    const eventType = events[0]!.type;
    const { id: couponId, code } = free;
    const plain = {
      next: { ...free, state, assignedUserId: userId, assignedAt: now },
      events: [
        {
          type: eventType,
          couponId,
          code,
          bookId,
          bookName: book.bookName,
          userId,
          actorId: actor.id,
          occurredAt: now,
          data: null,
        },
      ],
    };
    return isDeepStrictEqual(decision, plain) ? { state, eventType } : null;
  });
  const [first] = outcomes;
  return outcomes.every((outcome) => isDeepStrictEqual(outcome, first)) ? (first ?? null) : null;
}

const FREE: Omit<Coupon, 'bookId'> = {
  id: 0,
  code: 'FREE',
  state: 'UNASSIGNED',
  assignedUserId: null,
  assignedAt: null,
  lockedByUserId: null,
  lockedAt: null,
  lockExpiresAt: null,
  redeemedAt: null,
  redemptionCount: 0,
  metadata: {},
};
