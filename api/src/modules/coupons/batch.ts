import { isOutage } from '../../database/errors.ts';
import { Problem } from '../../problems.ts';

/** What `run` answers for an item that could not be settled yet: it goes into a later batch. */
export const AGAIN = Symbol('again');

export interface BatcherOptions<T, R> {
  /** Settles a whole batch in one transaction; the results are in the order of the items. Throws: nothing was done. */
  run: (items: T[]) => Promise<(R | typeof AGAIN)[]>;
  /** No two items that share a key are in one batch; they run in the order they came. */
  keysOf: (item: T) => string[];
  /** Most items in a batch. */
  maxSize?: number;
  /** Most items waiting; one more is refused at once. */
  maxWaiting?: number;
  /** Longest an item is put off: from its first AGAIN, or from when its batch failed. */
  patienceMs?: number;
  /** Told when the last item has been settled. */
  onIdle?: () => void;
}

/**
 * Answers written at a time. Between two such parts the database is listened to: while all of them were written at once, its answer for
 * the next batch waited, and PostgreSQL was idle in transaction for 40 % of the time. By turns with one part for all, two runs:
 * 1.29 and 1.04 times the assignments with 64 connections, 1.21 and 1.16 with 256; parts of 3 and 20 were not different enough to tell.
 */
const ANSWERS_AT_ONCE = 8;

interface Entry<T, R> {
  item: T;
  keys: string[];
  putOff: number;
  /** When its patience ends; none until it is first put off. */
  deadline: number | null;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit in the application: items that arrive while a batch is being settled wait for the next one, so the busier the
 * server the larger its batches; an idle one starts at once. One batch is under way at a time (two or four were slower at 64
 * connections: smaller batches, more commits). When a batch fails, its items are settled one by one, so that one cannot spoil
 * the others; after an outage nothing is repeated, because the COMMIT may have arrived.
 */
export function createBatcher<T, R>(
  options: BatcherOptions<T, R>,
): { submit: (item: T) => Promise<R>; waiting: () => number } {
  const { run, keysOf, maxSize = 500, maxWaiting = 10_000, patienceMs = 3_000, onIdle } = options;
  let queue: Entry<T, R>[] = [];
  let busy = false;
  let putOff = 0;

  function submit(item: T): Promise<R> {
    if (queue.length + putOff >= maxWaiting) {
      return Promise.reject(
        new Problem('unavailable', 'Too many requests wait for their turn.', { retryAfter: 1 }),
      );
    }
    return new Promise<R>((resolve, reject) => {
      queue.push({
        item,
        keys: keysOf(item),
        putOff: 0,
        deadline: null,
        resolve,
        reject,
      });
      wake();
    });
  }

  /** After the requests that came in with this one have been read: they make the first batch together. */
  function wake(): void {
    if (busy) return;
    busy = true;
    setImmediate(() => void drain());
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) await settle(takeBatch());
    busy = false;
    if (putOff === 0) onIdle?.();
  }

  function takeBatch(): Entry<T, R>[] {
    const batch: Entry<T, R>[] = [];
    const rest: Entry<T, R>[] = [];
    const taken = new Set<string>();
    for (const entry of queue) {
      const fits = batch.length < maxSize && !entry.keys.some((key) => taken.has(key));
      (fits ? batch : rest).push(entry);
      for (const key of entry.keys) taken.add(key);
    }
    queue = rest;
    return batch;
  }

  async function settle(batch: Entry<T, R>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      const done: (() => void)[] = [];
      batch.forEach((entry, index) => {
        const result = results[index]!;
        if (result === AGAIN) retryLater(entry);
        else done.push(() => entry.resolve(result));
      });
      // The next batch first: while the database works on it, the answers of this one are written.
      if (queue.length > 0) setImmediate(deliver, done);
      else deliver(done);
    } catch (error) {
      if (batch.length === 1 || isOutage(error)) for (const entry of batch) entry.reject(error);
      else await settleOneByOne(batch);
    }
  }

  /** Each may fail only after seconds of waiting for a lock: bounded, so that those behind them are not held up for minutes. */
  async function settleOneByOne(batch: Entry<T, R>[]): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (const entry of batch) {
      if (performance.now() > deadline) entry.reject(overdue());
      else await settle([entry]);
    }
  }

  function retryLater(entry: Entry<T, R>): void {
    const now = performance.now();
    entry.deadline ??= now + patienceMs;
    if (now > entry.deadline) return entry.reject(overdue());
    entry.putOff += 1;
    putOff += 1;
    setTimeout(
      () => {
        putOff -= 1;
        queue.unshift(entry);
        wake();
      },
      entry.putOff === 1 ? 0 : Math.random() * 10 * Math.min(entry.putOff, 5),
    );
  }

  return { submit, waiting: () => queue.length + putOff };
}

function deliver(done: (() => void)[]): void {
  for (const resolve of done.splice(0, ANSWERS_AT_ONCE)) resolve();
  if (done.length > 0) setImmediate(deliver, done);
}

const overdue = () =>
  new Problem('unavailable', 'Other requests hold what this one needs.', { retryAfter: 1 });
