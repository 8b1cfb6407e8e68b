import { readonly, ref, shallowRef } from 'vue';
import { keyed, newKey } from './client';
import { ApiProblem, toProblem } from './problem';

const MAX_WAITS = 5;

/**
 * A write that happens once. A second call while one is running does nothing. After an uncertain end (no answer, overload) `retry`
 * repeats it with the same Idempotency-Key, and the API answers with the result of the first.
 * @param send makes the request with the given headers; throws ApiProblem
 */
export function useWrite<Args extends unknown[], T>(
  send: (headers: { 'idempotency-key': string }, ...args: Args) => Promise<T>,
) {
  const running = ref(false);
  const problem = shallowRef<ApiProblem | null>(null);
  let attempt: { key: string; args: Args } | null = null;

  /**
   * Resolves with the answer, or with undefined if it was refused (see `problem`) or another call is running (`problem` is null).
   */
  async function run(...args: Args): Promise<T | undefined> {
    if (running.value) return undefined;
    // An uncertain attempt keeps its key if exactly the same is asked again.
    const same =
      problem.value?.isUncertain && attempt && JSON.stringify(attempt.args) === JSON.stringify(args);
    if (!same) attempt = { key: newKey(), args };
    return perform();
  }

  async function retry(): Promise<T | undefined> {
    return running.value || !attempt ? undefined : perform();
  }

  async function perform(): Promise<T | undefined> {
    running.value = true;
    problem.value = null;
    try {
      return await untilSettled(attempt!);
    } catch (error) {
      problem.value = toProblem(error);
      return undefined;
    } finally {
      running.value = false;
    }
  }

  /** Waits while the API says that the same request is still running. */
  async function untilSettled({ key, args }: { key: string; args: Args }): Promise<T> {
    for (let waits = 0; ; waits += 1) {
      try {
        return await send(keyed(key), ...args);
      } catch (error) {
        const wait = error instanceof ApiProblem && error.code === 'conflict' ? error.retryAfter : null;
        if (wait === null || waits === MAX_WAITS) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      }
    }
  }

  /** Forgets the last problem; the next call is a new intention. */
  function reset(): void {
    problem.value = null;
    attempt = null;
  }

  return { run, retry, reset, running: readonly(running), problem };
}
