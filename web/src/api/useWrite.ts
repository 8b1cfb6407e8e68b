import { readonly, ref, shallowRef } from 'vue';
import { keyed, newKey } from './client';
import { ApiProblem, toProblem } from './problem';

const MAX_WAITS = 5;

/**
 * A write that happens once, however often it is asked for: a second call while one is under way does nothing, and `retry` after an
 * uncertain end (no answer, overload) repeats it with the same Idempotency-Key, so that the API answers what became of the first.
 * @param send makes the request with the given headers; throws ApiProblem
 */
export function useWrite<Args extends unknown[], T>(
  send: (headers: { 'idempotency-key': string }, ...args: Args) => Promise<T>,
) {
  const running = ref(false);
  const problem = shallowRef<ApiProblem | null>(null);
  let attempt: { key: string; args: Args } | null = null;

  /**
   * Resolves with the answer, or with undefined when it was refused (see `problem`) or one is under way already: `problem` is null
   * then, so only an answer says that it was done.
   */
  async function run(...args: Args): Promise<T | undefined> {
    if (running.value) return undefined;
    // What was asked before and may have happened keeps its key, if it is asked for again word by word.
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

  /** "The same request is still running" is an answer to wait on. */
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

  /** Forgets the last problem: what comes next is a new intention. */
  function reset(): void {
    problem.value = null;
    attempt = null;
  }

  return { run, retry, reset, running: readonly(running), problem };
}
