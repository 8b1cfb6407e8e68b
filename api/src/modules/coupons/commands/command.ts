import type { Span } from '@opentelemetry/api';
import type { Budget } from '../../../access/budgets.ts';
import type { Answer, AnswerContext } from '../../../answers/answer.ts';
import type { Claim } from '../../../answers/idempotency.ts';
import type { Transaction } from '../../../database/connection.ts';
import type { ProblemCode } from '../../../problem-codes.ts';
import type { CounterChange } from '../counters.ts';
import type { Actor, BookRules, Coupon } from '../state.ts';
import type { AGAIN } from './group-commit.ts';

/** A command as it came in over HTTP: what `decide` needs of it, which coupon it is about, and what its answer needs. */
export interface SubmittedCommand {
  type: 'assign' | 'lock' | 'unlock' | 'redeem';
  actor: Actor;
  /** For whom; NOBODY until it is known whom `externalUserId` names. */
  userId: string;
  /** The company's own id of the person, where the request has that instead. */
  externalUserId?: string;
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
  /** Of its request, when that is traced. */
  span?: Span;
}

/** Resolves with the answer once its transaction is committed. */
export type SubmitCommand = (command: SubmittedCommand) => Promise<Answer>;

/** What was found for one command: a coupon, its row locked; a refusal; or that it is too early to say. */
export type Found =
  | {
      coupon: Coupon;
      book: BookRules;
      now: Date;
      /** How often it was redeemed, also what was rolled back. */
      redemptions?: number;
    }
  | ProblemCode
  | typeof AGAIN;

/** What was found for commands, in their order. */
export interface Finding {
  found: Found[];
  /** Per counterKey: coupons given to the user before this group. */
  counts: Map<string, number>;
  /** By what counters were raised ahead. */
  reserved: CounterChange[];
}

/**
 * Finds the coupons of a group of commands and locks their rows, with a constant number of statements, in two steps: what can be looked
 * at before it is known which commands are to be carried out (one round trip with the questions that tell that), then the rest for
 * those.
 */
export type Find = (trx: Transaction, asked: SubmittedCommand[]) => Promise<FindRest>;
export type FindRest = (commands: SubmittedCommand[]) => Promise<Finding>;
