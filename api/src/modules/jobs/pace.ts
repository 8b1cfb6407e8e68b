/** As long as a step should take: a job stops within one, and what it locks is locked as long. */
const LEAST_MS = 150;
const MOST_MS = 400;

/**
 * How much a job does in one step: twice as much when a step was quick, half when it took long. So steps stay short on a busy or
 * slow database, and few on an idle one.
 */
export function createPace({ first, least, most }: { first: number; least: number; most: number }) {
  let size = first;
  return {
    /** Does one step of this size, and learns from the time it takes. */
    async run<T>(step: (size: number) => Promise<T>): Promise<T> {
      const startedAt = performance.now();
      const result = await step(size);
      const ms = performance.now() - startedAt;
      if (ms > MOST_MS) size = Math.max(least, Math.floor(size / 2));
      else if (ms < LEAST_MS) size = Math.min(most, size * 2);
      return result;
    },
  };
}
