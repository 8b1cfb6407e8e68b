import { Problem } from './problems.ts';

/**
 * Longest from the arrival of a request until its answer, whatever it waits for: a row, a connection, a COMMIT. Half a second below the
 * five that are promised, for looking only now and then and for a busy machine.
 */
export const ANSWER_WITHIN_MS = 4_500;

/** How often it is looked whose time is over: one timer for many requests. */
export const LOOK_EVERY_MS = 250;

/** The answer at the deadline. What is under way then may still be done, or not: only its Idempotency-Key tells. */
export const overdue = () =>
  new Problem(
    'unavailable',
    'This took too long. Repeat it with the same Idempotency-Key: if it was done after all, you get its answer.',
    { retryAfter: 1 },
  );
