import { setTimeout as wait } from 'node:timers/promises';

/** What SQS and EventBridge take at a time. */
const BATCH = 10;
const AT_A_TIME = 8;
/** Rounds in which nothing was taken. */
const MAX_IN_VAIN = 5;
/** Until the answer to one request is there. The SDK itself waits for minutes, for each of its own tries. */
const ANSWER_WITHIN_MS = 15_000;

/** Entries of a batch were refused although the request as a whole was not, again and again. */
class EntriesRefused extends Error {
  constructor(reasons: readonly string[]) {
    super(`entries were refused: ${[...new Set(reasons)].join(', ')}`);
  }
}

class NoAnswer extends Error {
  override message = 'there was no answer in time';
}

/** What became of the entries of a batch that were refused: where they stand in it, and why. */
export type Refused = { index: number; reason: string }[];

/**
 * Sends entries, ten at a time and several requests at once; of those that are refused, these alone again, for as long as some are
 * taken: whoever gives up sends all of the page again.
 * @param send one request
 * @throws {EntriesRefused} {NoAnswer} or what `send` throws
 */
export async function sendInBatches<T>(
  entries: readonly T[],
  send: (batch: readonly T[], signal: AbortSignal) => Promise<Refused>,
  signal: AbortSignal,
  answerWithinMs = ANSWER_WITHIN_MS,
): Promise<void> {
  let left = entries;
  for (let inVain = 0; left.length > 0;) {
    const refused: T[] = [];
    const reasons: string[] = [];
    const batches = cut(left, BATCH);
    const take = async () => {
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        signal.throwIfAborted();
        for (const { index, reason } of await answerTo(batch)) {
          refused.push(batch[index]!);
          reasons.push(reason);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_A_TIME }, take));
    } finally {
      batches.length = 0; // After a failure nobody goes on with the others.
    }
    inVain = refused.length < left.length ? 0 : inVain + 1;
    if (inVain === MAX_IN_VAIN) throw new EntriesRefused(reasons);
    if (refused.length > 0) await wait(100 * 2 ** inVain, undefined, { signal });
    left = refused;
  }

  // Not by the signal alone: nothing aborts the SDK while it asks for credentials.
  function answerTo(batch: readonly T[]): Promise<Refused> {
    const late = AbortSignal.timeout(answerWithinMs);
    return new Promise((resolve, reject) => {
      late.addEventListener('abort', () => reject(new NoAnswer()));
      send(batch, AbortSignal.any([signal, late])).then(resolve, reject);
    });
  }
}

function cut<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) =>
    list.slice(n * size, (n + 1) * size),
  );
}

/**
 * Rows in which each group comes at most once, in the order of the list: when one row is sent after the other, no entry overtakes one of
 * its group, also when that one had to be sent again.
 */
export function inRows<T>(list: readonly T[], groupOf: (entry: T) => string): T[][] {
  const rows: T[][] = [];
  const seen = new Map<string, number>();
  for (const entry of list) {
    const group = groupOf(entry);
    const row = seen.get(group) ?? 0;
    seen.set(group, row + 1);
    (rows[row] ??= []).push(entry);
  }
  return rows;
}
