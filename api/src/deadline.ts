import type { FastifyRequest } from 'fastify';
import { Problem } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * When (by `performance.now()`) the request is answered 503 if it has no answer. Work checks it when its waiting is over and before
     * it changes anything. See `allowLongWork`.
     */
    answerBy: number;
  }
}

/**
 * Longest from the arrival of a request until its answer, whatever it waits for: a row, a connection, a COMMIT. Half a second below the
 * five that are promised, for looking only now and then and for a busy machine.
 */
export const ANSWER_WITHIN_MS = 4_500;

/** How often it is looked whose time is over: one timer for many requests. */
export const LOOK_EVERY_MS = 250;

/** The answer at the deadline. What is under way then may still be done, or not: only its Idempotency-Key tells. */
export const overdue = () => new Problem('unavailable', 'overdue', { retryAfter: 1 });

/** The answer takes as long as its work: the bound is for waiting. What waits in it needs bounds of its own. */
export function allowLongWork(request: FastifyRequest): void {
  request.answerBy = Infinity;
}

/** After long work: from here on it is waiting again. */
export function boundWaiting(request: FastifyRequest): void {
  request.answerBy = performance.now() + ANSWER_WITHIN_MS;
}

/** @throws {Problem} unavailable when the request's time is over */
export function refuseOverdue({ answerBy }: FastifyRequest): void {
  if (performance.now() > answerBy) throw overdue();
}
