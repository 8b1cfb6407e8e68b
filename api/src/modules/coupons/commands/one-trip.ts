import type { Answer } from '../../../answers/answer.ts';
import { findAnswers, saveAnswers } from '../../../answers/idempotency.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import { isOutage, isTakenKey } from '../../../database/errors.ts';
import { commitWith, inTransaction } from '../../../database/transaction.ts';
import { requireActiveUsers } from '../../accounts/people/queries.ts';
import type { SubmittedCommand } from './command.ts';

/** What a group has to have left of its time: it cannot be asked again between its locks and its COMMIT. */
const LEAST_MS = 1_500;
/** Of that, for the COMMIT itself. */
const COMMIT_MS = 500;

/** Some of the group are repeats. */
class AnsweredBefore extends Error {}

/**
 * Carries out a group of commands that is expected to go well, in one round trip: checks, changes and COMMIT travel together, each check
 * as a statement that fails when it does not hold (decision 20). With Idempotency-Keys the answers and the COMMIT are a second trip,
 * unless the statements keep the answers themselves.
 *
 * @param issue issues the statements that are the group's own without waiting for one, in the one order of locks; they fail when the
 *   transaction takes longer than `withinMs`
 * @param options.keepsAnswers the statements keep the answers, and fail when a key was used before
 * @returns null when a check failed: nothing was done, and the usual way tells why
 * @throws an outage, after which nobody knows what was done
 */
export async function inOneTrip(
  db: Database,
  commands: readonly SubmittedCommand[],
  issue: (trx: Transaction, withinMs: number) => { checks: Promise<unknown>[]; answers: Promise<Answer[]> },
  { keepsAnswers = false } = {},
): Promise<Answer[] | null> {
  const msLeft = Math.min(...commands.map(({ deadline }) => deadline)) - performance.now();
  if (msLeft < LEAST_MS) return null;
  const work = async (trx: Transaction): Promise<Answer[]> => {
    const claims = keepsAnswers ? [] : commands.map(({ claim }) => claim);
    const isKeyed = claims.some((claim) => claim !== null);
    const looks = [
      findAnswers(trx, claims),
      requireActiveUsers(
        trx,
        commands.flatMap(({ actor, userId }) => [actor, { id: userId, role: 'USER' as const }]),
      ),
    ] as const;
    const changes = issue(trx, Math.floor(msLeft - COMMIT_MS));
    const all = Promise.all([...looks, changes.answers, ...changes.checks]).catch((error: unknown) => {
      // Another try would find the same.
      throw isTakenKey(error, 'idempotency_keys_pkey') ? new AnsweredBefore() : error;
    });
    if (!isKeyed) await commitWith(trx, [all]);
    const [first, , answers] = await all;
    if (first.some((answer) => answer !== null)) throw new AnsweredBefore();
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
