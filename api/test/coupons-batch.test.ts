import { afterEach, expect, test, vi } from 'vitest';
import { AGAIN, type BatcherOptions, createBatcher } from '../src/modules/coupons/batch.ts';

afterEach(() => void vi.useRealTimers());

interface Item {
  name: string;
  keys?: string[];
}

type Result = string | typeof AGAIN;

/** A batcher whose `run` is told to the test, which then answers; by default with the names of the items. */
function startBatcher(options: Partial<BatcherOptions<Item, string>> = {}) {
  const batches: string[][] = [];
  const gates: { open: (results?: Result[]) => void; fail: (error: Error) => void }[] = [];
  const arrivals: (() => void)[] = [];
  const batcher = createBatcher<Item, string>({
    keysOf: ({ keys = [] }) => keys,
    run: (items) => {
      batches.push(items.map(({ name }) => name));
      return new Promise<Result[]>((resolve, reject) => {
        gates.push({
          open: (results) => resolve(results ?? items.map(({ name }) => `did ${name}`)),
          fail: reject,
        });
        arrivals.shift()?.();
      });
    },
    ...options,
  });
  return {
    batches,
    submit: (name: string, ...keys: string[]) => batcher.submit({ name, keys }),
    waiting: batcher.waiting,
    /** The next batch that asks to be run. */
    nextBatch: async () => {
      if (gates.length === 0) await new Promise<void>((resolve) => arrivals.push(resolve));
      return gates.shift()!;
    },
  };
}

/** A batcher whose `run` works by itself. */
function batcherOf(
  run: (items: Item[]) => Promise<Result[]>,
  options: Partial<BatcherOptions<Item, string>> = {},
) {
  const { submit } = createBatcher<Item, string>({ keysOf: ({ keys = [] }) => keys, run, ...options });
  return (name: string, ...keys: string[]) => submit({ name, keys });
}

const outage = () => Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
const names = (items: Item[]) => items.map(({ name }) => name);
const statusOf = (settled: PromiseSettledResult<string>) =>
  settled.status === 'fulfilled'
    ? settled.value
    : (settled.reason as { code?: string; message: string }).code;

test('an idle server runs a request at once, alone', async () => {
  const t = startBatcher();
  const answer = t.submit('a');
  (await t.nextBatch()).open();
  expect(await answer).toBe('did a');
  expect(t.batches).toEqual([['a']]);
  expect(t.waiting()).toBe(0);
});

test('requests that come while a batch runs share the next one', async () => {
  const t = startBatcher();
  const first = t.submit('a');
  const running = await t.nextBatch();
  const rest = ['b', 'c', 'd'].map((name) => t.submit(name));
  expect(t.waiting()).toBe(3);
  running.open();
  (await t.nextBatch()).open();
  expect(await Promise.all([first, ...rest])).toEqual(['did a', 'did b', 'did c', 'did d']);
  expect(t.batches).toEqual([['a'], ['b', 'c', 'd']]);
});

test('only one batch is under way at a time', async () => {
  let running = 0;
  const submit = batcherOf(
    async (items) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return names(items);
    },
    { maxSize: 3 },
  );
  await Promise.all(Array.from({ length: 50 }, (_, i) => submit(`${i}`)));
});

test('two requests with one key never share a batch and run in the order they came', async () => {
  const seen: string[] = [];
  const submit = batcherOf(async (items) => {
    const keys = items.flatMap((item) => item.keys!);
    expect(new Set(keys).size).toBe(keys.length);
    seen.push(...names(items));
    await new Promise((resolve) => setImmediate(resolve));
    return names(items);
  });
  const keys = ['x', 'y', 'z'];
  await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      submit(`${i}`, keys[i % 3]!, ...(i % 5 === 0 ? [keys[(i + 1) % 3]!] : [])),
    ),
  );
  for (const [k, key] of keys.entries()) {
    const own = seen.map(Number).filter((i) => i % 3 === k || (i % 5 === 0 && (i + 1) % 3 === k));
    expect(own, key).toEqual([...own].sort((a, b) => a - b));
  }
  expect(seen).toHaveLength(300);
});

test('a batch is never larger than maxSize, and what is left over goes first in the next', async () => {
  const t = startBatcher({ maxSize: 2 });
  const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => t.submit(name));
  for (let batch = 0; batch < 3; batch++) (await t.nextBatch()).open();
  await Promise.all(answers);
  expect(t.batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

test('one request that makes its batch fail fails alone', async () => {
  const batches: string[][] = [];
  const submit = batcherOf(async (items) => {
    batches.push(names(items));
    if (items.some(({ name }) => name === 'poison')) throw new Error('defect');
    return names(items);
  });
  const settled = await Promise.allSettled(['a', 'poison', 'b'].map((name) => submit(name)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(batches).toEqual([['a', 'poison', 'b'], ['a'], ['poison'], ['b']]);
});

test('after an outage nothing is repeated, because the COMMIT may have arrived', async () => {
  let runs = 0;
  const submit = batcherOf(async () => {
    runs += 1;
    throw outage();
  });
  const settled = await Promise.allSettled(['a', 'b', 'c'].map((name) => submit(name)));
  expect(settled.map(statusOf)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  expect(runs).toBe(1);
});

test('an outage does not stop the batches after it', async () => {
  let runs = 0;
  const submit = batcherOf(async (items) => {
    runs += 1;
    if (runs === 1) throw outage();
    return names(items);
  });
  await expect(submit('a')).rejects.toThrow('connection lost');
  expect(await submit('b')).toBe('b');
});

test('a request that is put off comes back and gets its answer', async () => {
  const tries = new Map<string, number>();
  const submit = batcherOf(async (items) =>
    items.map(({ name }) => {
      tries.set(name, (tries.get(name) ?? 0) + 1);
      return name === 'late' && tries.get(name)! < 4 ? AGAIN : name;
    }),
  );
  expect(await Promise.all(['a', 'late', 'b'].map((name) => submit(name)))).toEqual(['a', 'late', 'b']);
  expect(Object.fromEntries(tries)).toEqual({ a: 1, late: 4, b: 1 });
});

test('a request that is put off for longer than the patience ends with 503 and Retry-After', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate'] });
  let runs = 0;
  const submit = batcherOf(async (items) => items.map(() => ((runs += 1), AGAIN)), { patienceMs: 3_000 });
  const started = performance.now();
  const answer = submit('a').catch((error: unknown) => ({ error, after: performance.now() - started }));
  await vi.advanceTimersByTimeAsync(2_900);
  const before = runs;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await answer).toMatchObject({ error: { code: 'unavailable', extras: { retryAfter: 1 } } });
  expect(((await answer) as { after: number }).after).toBeLessThan(3_100);
  expect(before).toBeGreaterThan(30);
});

test('patience begins when a request is first put off: the time it queued does not count', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate'] });
  const t = startBatcher({ patienceMs: 3_000 });
  const first = t.submit('slow');
  await vi.advanceTimersByTimeAsync(1);
  const slow = await t.nextBatch();
  const queued = t.submit('queued');
  await vi.advanceTimersByTimeAsync(10_000);
  slow.open();
  const queuedBatch = await t.nextBatch();
  await vi.advanceTimersByTimeAsync(1);
  await first;
  queuedBatch.open([AGAIN]);
  await vi.advanceTimersByTimeAsync(100);
  (await t.nextBatch()).open();
  expect(await queued).toBe('did queued');
});

test('requests that each fail only after seconds do not hold up the queue for longer than the patience', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'setImmediate'] });
  const timeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  const submit = batcherOf(
    (items) =>
      new Promise((resolve, reject) => {
        if (items[0]!.name === 'next') resolve(['next']);
        else setTimeout(() => reject(timeout), 2_500);
      }),
    { patienceMs: 3_000 },
  );
  const started = performance.now();
  const stuck = Promise.allSettled(Array.from({ length: 100 }, (_, i) => submit(`${i}`)));
  await vi.advanceTimersByTimeAsync(1);
  const next = submit('next').then(() => performance.now() - started);
  await vi.advanceTimersByTimeAsync(60_000);
  const codes = (await stuck).map(statusOf);
  expect(new Set(codes)).toEqual(new Set(['55P03', 'unavailable']));
  expect(await next).toBeLessThan(2_500 + 3_000 + 2_500 + 100);
});

test('a full queue refuses at once, with 503 and Retry-After, and takes more when it has drained', async () => {
  const t = startBatcher({ maxWaiting: 3 });
  const first = t.submit('a');
  const running = await t.nextBatch();
  const queued = ['b', 'c', 'd'].map((name) => t.submit(name));
  await expect(t.submit('e')).rejects.toMatchObject({ code: 'unavailable', extras: { retryAfter: 1 } });
  running.open();
  (await t.nextBatch()).open();
  await Promise.all([first, ...queued]);
  const later = t.submit('f');
  (await t.nextBatch()).open();
  expect(await later).toBe('did f');
});

test('requests that are put off count against the bound of the queue', async () => {
  const t = startBatcher({ maxWaiting: 1 });
  const first = t.submit('a').catch(() => {});
  (await t.nextBatch()).open([AGAIN]);
  const again = await t.nextBatch();
  const queued = t.submit('b');
  await expect(t.submit('c')).rejects.toMatchObject({ code: 'unavailable' });
  again.open();
  (await t.nextBatch()).open();
  await Promise.all([first, queued]);
});

test('idle is told once everything has been settled, not while something is put off', async () => {
  const onIdle = vi.fn();
  const t = startBatcher({ onIdle });
  const answer = t.submit('a');
  (await t.nextBatch()).open([AGAIN]);
  const again = await t.nextBatch();
  expect(onIdle).not.toHaveBeenCalled();
  again.open();
  await answer;
  await new Promise((resolve) => setImmediate(resolve));
  expect(onIdle).toHaveBeenCalledTimes(1);
});
