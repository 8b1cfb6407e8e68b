import { type Budget, findBudgetsLeft, spendBudgets } from '../../../access/budgets.ts';
import { type Answer, jsonAnswer, problemAnswer } from '../../../answers/answer.ts';
import { findAnswers, saveAnswers } from '../../../answers/idempotency.ts';
import type { Transaction } from '../../../database/connection.ts';
import { commitWith } from '../../../database/transaction.ts';
import { overdue } from '../../../deadline.ts';
import { Problem } from '../../../problems.ts';
import { findActiveUsers } from '../../accounts/people/queries.ts';
import { counterKey } from '../counters.ts';
import { presentCoupon, refusalProblem } from '../present.ts';
import { decide } from '../state.ts';
import { type Change, storeOutcomes } from '../store.ts';
import type { Find, FindRest, Found, SubmittedCommand } from './command.ts';
import { AGAIN } from './group-commit.ts';
import { isForNobody } from './name-users.ts';

/**
 * The one path of every command, for a group of them: answer what was answered before, refuse accounts that may no longer act, find
 * the coupons and lock their rows, decide each in memory, store all outcomes and commit. A refusal is an outcome like any other and
 * touches nobody else's. Two or three round trips in all, which are what its time is made of.
 */
export async function settle(
  trx: Transaction,
  commands: SubmittedCommand[],
  find: Find,
): Promise<(Answer | typeof AGAIN)[]> {
  const answers: (Answer | typeof AGAIN | undefined)[] = [];
  const refuse = (index: number, problem: Problem) => {
    answers[index] = problemAnswer(problem, commands[index]!.context);
  };

  // For nobody no counter is raised: that would fail, and the group with it.
  const known = commands.filter((command) => !isForNobody(command));
  const [first, users, budgets, findRest] = await Promise.all([
    findAnswers(
      trx,
      commands.map(({ claim }) => claim),
    ),
    findActiveUsers(trx, [...new Set(commands.flatMap(({ actor, userId }) => [actor.id, userId]))]),
    findBudgetsLeft(
      trx,
      commands.flatMap(({ guessBudgets }) => guessBudgets),
    ),
    known.length > 0 ? find(trx, known) : findNothing,
  ]);
  commands.forEach((command, index) => {
    const before = first[index] ?? refuseAccounts(command, users);
    if (before instanceof Problem) refuse(index, before);
    else if (before) answers[index] = before;
  });

  const open = commands.flatMap((command, index) => (answers[index] ? [] : [{ command, index }]));
  const { found, counts, reserved } = await findRest(open.map(({ command }) => command));

  const changes: Change[] = [];
  const guesses: Budget[] = [];
  open.forEach(({ command, index }, position) => {
    const outcome = decideOne(command, found[position]!, counts, budgets);
    if (outcome === AGAIN) answers[index] = AGAIN;
    else if (outcome instanceof Problem) refuse(index, outcome);
    else {
      changes.push(outcome.change);
      answers[index] = jsonAnswer(200, outcome.body);
    }
    if (outcome instanceof Problem && outcome.code === 'not-your-coupon') {
      guesses.push(...command.guessBudgets);
      // Here too, so that a thousand guesses at once, which are one group, get no further than one after the other.
      for (const { scope } of command.guessBudgets) budgets.get(scope)!.left -= 1;
    }
  });

  const answersToKeep = commands.flatMap(({ claim }, index) => {
    const answer = answers[index];
    const isNew = claim && !first[index] && answer && answer !== AGAIN;
    return isNew && isFinal(answer) ? [{ claim, answer }] : [];
  });
  await commitWith(trx, [
    storeOutcomes(trx, { changes, reserved }),
    spendBudgets(trx, guesses),
    saveAnswers(trx, answersToKeep),
  ]);
  return answers as Answer[];
}

const findNothing: FindRest = async () => ({ found: [], counts: new Map(), reserved: [] });

/** Tokens live for minutes; what an account may do ends at once. */
function refuseAccounts({ actor, userId }: SubmittedCommand, users: Map<string, string>): Problem | null {
  const role = users.get(actor.id);
  if (!role) return new Problem('unauthenticated');
  if (actor.role === 'ADMIN' && role !== 'ADMIN') return new Problem('forbidden');
  if (users.has(userId)) return null;
  // A USER who names somebody else is told nothing of them.
  return actor.role === 'ADMIN'
    ? new Problem('not-found', 'no-such-active-user')
    : new Problem('forbidden', 'admins-only');
}

function decideOne(
  command: SubmittedCommand,
  found: Found,
  counts: Map<string, number>,
  budgets: Map<string, { left: number; seconds: number }>,
): Problem | typeof AGAIN | { change: Change; body: object } {
  // Here, when all waiting for locks is over: who has been told that it took too long is not given anything afterwards.
  if (performance.now() > command.deadline) return overdue();
  if (found === AGAIN) return AGAIN;
  // With the budget for wrong codes spent, only one's own coupons answer: not even a right guess is told from a wrong one.
  const spent = command.guessBudgets.map(({ scope }) => budgets.get(scope)!).filter(({ left }) => left <= 0);
  const wait = Math.max(...spent.map(({ seconds }) => seconds), 0);
  const own = typeof found === 'object' && found.coupon.assignedUserId === command.userId;
  if (wait > 0 && !own) return new Problem('rate-limited', 'too-many-wrong-codes', { retryAfter: wait });
  if (typeof found === 'string') return new Problem(found);

  const { coupon, book, now, redemptions } = found;
  const { type, actor, userId, metadata } = command;
  const key = counterKey(coupon.bookId, userId);
  const assigned = counts.get(key) ?? 0;
  const decision = decide(coupon, book, { type, actor, userId, metadata, assigned }, now);
  if ('refusal' in decision) return refusalProblem(decision.refusal, coupon, book, actor, now);
  if (type === 'assign') counts.set(key, assigned + 1);
  return {
    change: { from: coupon, now, redemptions, ...decision },
    body: presentCoupon(decision.next, book, actor, now),
  };
}

/** Not an answer to the command itself but to the moment it came: repeating it may give another. */
const isFinal = ({ status }: Answer) => status < 500 && status !== 401 && status !== 429;
