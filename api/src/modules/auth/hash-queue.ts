import { availableParallelism } from 'node:os';
import { Problem } from '../../problems.ts';

/**
 * A hash takes 0.2 s of one of libuv's four threads. One thread is left for all else that uses them (verifying tokens, files),
 * and no more run than there are processors.
 */
const AT_ONCE = Math.min(3, availableParallelism());
/** Who would wait longer than about 5 s is told at once to come back. */
const MAX_WAITING = AT_ONCE * 25;

let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs `hash` when its turn comes.
 * @throws {Problem} unavailable, at once, when the queue is full
 */
export async function inHashQueue<T>(hash: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running += 1;
  else if (waiting.length >= MAX_WAITING) {
    throw new Problem('unavailable', 'Too many passwords are being checked right now.', { retryAfter: 5 });
  } else await new Promise<void>((start) => waiting.push(start));
  try {
    return await hash();
  } finally {
    const next = waiting.shift();
    if (next)
      next(); // takes over the place
    else running -= 1;
  }
}
