import { setTimeout as delay } from 'node:timers/promises';

/** Shortly before the runner gives up (see vitest.config.ts), which could not say what was waited for. */
export const GIVE_UP_MS = 540_000;

/**
 * What `check` returns, as soon as it neither throws nor returns something falsy; asked every 20 ms. For what no event
 * tells. It waits for as long as that takes, since a busy machine is no failure; what hangs fails with the last error of `check`.
 */
export async function eventually<T>(check: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      throw failure ?? new Error(`Still not so after ${GIVE_UP_MS} ms: ${check.toString()}`);
    }
    await delay(20);
  }
}
