import { Problem } from '../problems.ts';

/**
 * Lets `max` works run at a time and `maxWaiting` wait for their turn; one more is refused at once. Bulk work holds a connection of
 * the pool for seconds: without turns, a few uploads would leave none for requests.
 */
export function takeTurns(max: number, maxWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running === max) {
      if (waiting.length >= maxWaiting) {
        throw new Problem('unavailable', 'server-busy', { retryAfter: 10 });
      }
      await new Promise<void>((go) => waiting.push(go));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
