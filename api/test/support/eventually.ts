import { setTimeout as delay } from 'node:timers/promises';

/**
 * What `check` returns, as soon as it neither throws nor returns something falsy; asked every 20 ms. For what no event
 * tells. Fails with the last error of `check` at the deadline.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 60_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      throw failure ?? new Error(`Still not so after ${withinMs} ms: ${check.toString()}`);
    }
    await delay(20);
  }
}
