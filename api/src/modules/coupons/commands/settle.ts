import type { Transaction } from '../../../database/connection.ts';
import { commitWith } from '../../../database/transaction.ts';
import { overdue } from '../../../deadline.ts';
import { type Answer, type AnswerContext, jsonAnswer, problemAnswer } from '../../../answers/answer.ts';
import { type Budget, findBudgetsLeft, spendBudgets } from '../../../access/budgets.ts';
import { type Claim, findAnswers, saveAnswers } from '../../../answers/idempotency.ts';
import { Problem, type ProblemCode, problems } from '../../../problems.ts';
import { recordEvents } from '../../history/events/queries.ts';
import { AGAIN } from './batcher.ts';
import { presentCoupon } from '../present.ts';
import {
  type CounterChange,
  findActiveUsers,
  insertRedemptions,
  releaseAssignments,
  updateCoupons,
} from '../queries.ts';
import { type Actor, type BookRules, type Command, type Coupon, type CouponEvent, decide } from '../state.ts';

/** One command as it came in over HTTP. */
export interface TransitionRequest {
  type: 'assign' | 'lock' | 'unlock' | 'redeem';
  actor: Actor;
  /** For whom. */
  userId: string;
  /** Canonical; null: any coupon of the book. */
  code: string | null;
  /** Only with `code: null`. */
  bookId: string | null;
  /** Of a redemption. */
  metadata: Record<string, unknown>;
  claim: Claim | null;
  context: AnswerContext;
  /** By `performance.now()`: from then on it is not carried out. */
  deadline: number;
  /** What wrong codes are charged to: the user and the address. Empty when the caller may know every code. */
  guessBudgets: Budget[];
}

/** What a load found for one request: a locked coupon, a refusal, or that it is too early to say. */
export type Found = { coupon: Coupon; book: BookRules; now: Date } | ProblemCode | typeof AGAIN;

/** What a load found for its requests, in their order. */
export interface Loaded {
  found: Found[];
  /** Per counterKey: coupons given to the user before this batch. */
  counts: Map<string, number>;
  /** By what counters were raised ahead; where no coupon is given for it they are lowered again. */
  reserved: CounterChange[];
}

/**
 * Reads and locks what the requests of a batch need, with a constant number of statements, in two steps: what can be looked at before
 * it is known which requests are to be carried out (one round trip with the questions that tell that), then the rest for those.
 */
export type Load = (trx: Transaction, asked: TransitionRequest[]) => Promise<Take>;
export type Take = (requests: TransitionRequest[]) => Promise<Loaded>;

export const counterKey = (bookId: string, userId: string) => `${bookId} ${userId}`;

interface Change {
  from: Coupon;
  next: Coupon;
  now: Date;
  events: CouponEvent[];
}

/**
 * The one path of every command: answer what was answered before, refuse accounts that may no longer act, load and lock, decide
 * each in memory, store all outcomes and commit. A refusal is an outcome like any other and touches nobody else's. Two or three round
 * trips in all, which are what its time is made of.
 */
export async function settle(
  trx: Transaction,
  requests: TransitionRequest[],
  load: Load,
): Promise<(Answer | typeof AGAIN)[]> {
  const answers: (Answer | typeof AGAIN | undefined)[] = [];
  const refuse = (index: number, problem: Problem) => {
    answers[index] = problemAnswer(problem, requests[index]!.context);
  };

  const [first, users, budgets, take] = await Promise.all([
    findAnswers(
      trx,
      requests.map(({ claim }) => claim),
    ),
    findActiveUsers(trx, [...new Set(requests.flatMap(({ actor, userId }) => [actor.id, userId]))]),
    findBudgetsLeft(
      trx,
      requests.flatMap(({ guessBudgets }) => guessBudgets),
    ),
    load(trx, requests),
  ]);
  requests.forEach((request, index) => {
    const before = first[index] ?? refuseAccounts(request, users);
    if (before instanceof Problem) refuse(index, before);
    else if (before) answers[index] = before;
  });

  const keepAnswers = () =>
    saveAnswers(
      trx,
      requests.flatMap(({ claim }, index) => {
        const answer = answers[index];
        const isNew = claim && !first[index] && answer && answer !== AGAIN;
        return isNew && isFinal(answer) ? [{ claim, answer }] : [];
      }),
    );

  const open = requests.flatMap((request, index) => (answers[index] ? [] : [{ request, index }]));
  const { found, counts, reserved } = await take(open.map(({ request }) => request));

  const changes: Change[] = [];
  const given: CounterChange[] = [];
  const guesses: Budget[] = [];
  open.forEach(({ request, index }, position) => {
    const outcome = decideOne(request, found[position]!, counts, budgets);
    if (outcome === AGAIN) answers[index] = AGAIN;
    else if (outcome instanceof Problem) refuse(index, outcome);
    else {
      changes.push(outcome.change);
      if (request.type === 'assign')
        given.push({ bookId: outcome.change.next.bookId, userId: request.userId, count: 1 });
      answers[index] = jsonAnswer(200, outcome.body);
    }
    if (outcome instanceof Problem && outcome.code === 'not-your-coupon') {
      guesses.push(...request.guessBudgets);
      // Here too, so that a thousand guesses at once, which are one batch, get no further than one after the other.
      for (const { scope } of request.guessBudgets) budgets.get(scope)!.left -= 1;
    }
  });

  await commitWith(trx, [
    updateCoupons(
      trx,
      changes.map(({ from, next, now }) => ({ from: from.state, next, now })),
    ),
    recordEvents(
      trx,
      changes.flatMap(({ events }) => events),
    ),
    insertRedemptions(
      trx,
      changes.flatMap(({ events }) => redemptionsOf(events)),
    ),
    releaseAssignments(trx, sumCounters(reserved, given)),
    spendBudgets(trx, guesses),
    keepAnswers(),
  ]);
  return answers as Answer[];
}

/** Tokens live for minutes; what an account may do ends at once. */
function refuseAccounts({ actor, userId }: TransitionRequest, users: Map<string, string>): Problem | null {
  const role = users.get(actor.id);
  if (!role) return new Problem('unauthenticated', 'Sign in first.');
  if (actor.role === 'ADMIN' && role !== 'ADMIN') return new Problem('forbidden', problems.forbidden.about);
  if (!users.has(userId)) return new Problem('not-found', 'There is no active user with this userId.');
  return null;
}

function decideOne(
  request: TransitionRequest,
  found: Found,
  counts: Map<string, number>,
  budgets: Map<string, { left: number; seconds: number }>,
): Problem | typeof AGAIN | { change: Change; body: object } {
  // Here, when all waiting for locks is over: who has been told that it took too long is not given anything afterwards.
  if (performance.now() > request.deadline) return overdue();
  if (found === AGAIN) return AGAIN;
  // With the budget for wrong codes spent, only one's own coupons answer: not even a right guess is told from a wrong one.
  const spent = request.guessBudgets.map(({ scope }) => budgets.get(scope)!).filter(({ left }) => left <= 0);
  const wait = Math.max(...spent.map(({ seconds }) => seconds), 0);
  const own = typeof found === 'object' && found.coupon.assignedUserId === request.userId;
  if (wait > 0 && !own) return new Problem('rate-limited', 'Too many wrong codes.', { retryAfter: wait });
  if (typeof found === 'string') return new Problem(found, problems[found].about);

  const { coupon, book, now } = found;
  const key = counterKey(coupon.bookId, request.userId);
  const assigned = counts.get(key) ?? 0;
  const decision = decide(coupon, book, toCommand(request, assigned), now);
  if ('refusal' in decision) return refusalProblem(decision.refusal, coupon, book, request.actor, now);
  if (request.type === 'assign') counts.set(key, assigned + 1);
  return {
    change: { from: coupon, next: decision.next, now, events: decision.events },
    body: presentCoupon(decision.next, book, request.actor, now),
  };
}

function toCommand({ type, actor, userId, metadata }: TransitionRequest, assigned: number): Command {
  if (type === 'assign') return { type, actor, userId, assigned };
  if (type === 'redeem') return { type, actor, userId, metadata };
  return { type, actor, userId };
}

/** A refusal as the problem that is answered. */
export function refusalProblem(
  code: ProblemCode,
  coupon: Coupon,
  book: BookRules,
  viewer: Actor,
  now: Date,
): Problem {
  if (code !== 'invalid-state') return new Problem(code, problems[code].about);
  const { state, actions } = presentCoupon(coupon, book, viewer, now);
  return new Problem(code, `The coupon is ${state}.`, { state, actions });
}

function redemptionsOf(events: CouponEvent[]) {
  return events
    .filter(({ type }) => type === 'coupon.redeemed')
    .map(({ bookId, couponId, userId, actorId, occurredAt, data }) => ({
      bookId,
      couponId,
      userId,
      actorId: actorId!,
      metadata: data!.metadata as Record<string, unknown>,
      redeemedAt: occurredAt,
    }));
}

/**
 * Several changes of one counter as one (UPDATE … FROM applies only one row per target), less others; those that come to nothing are
 * left out.
 */
export function sumCounters(
  changes: readonly CounterChange[],
  less: readonly CounterChange[] = [],
): CounterChange[] {
  const sums = new Map<string, CounterChange>();
  const add = ({ bookId, userId, count }: CounterChange, sign: number) => {
    const key = counterKey(bookId, userId);
    sums.set(key, { bookId, userId, count: (sums.get(key)?.count ?? 0) + sign * count });
  };
  for (const change of changes) add(change, 1);
  for (const change of less) add(change, -1);
  return [...sums.values()].filter(({ count }) => count !== 0);
}

/** Not an answer to the request itself but to the moment it came: repeating it may give another. */
const isFinal = ({ status }: Answer) => status < 500 && status !== 401 && status !== 429;
