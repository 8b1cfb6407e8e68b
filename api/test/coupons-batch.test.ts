import { afterEach, expect, test, vi } from 'vitest';
import { AGAIN, type BatcherOptions, createBatcher } from '../src/modules/coupons/commands/batcher.ts';

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
    submit: (name: string, ...keys: string[]) => batcher.submit({ name, keys }, Infinity),
    submitUntil: (deadline: number, name: string) => batcher.submit({ name }, deadline),
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
  return (name: string, ...keys: string[]) => submit({ name, keys }, Infinity);
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

const fakeTime = () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] });
  return { start: performance.now(), pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
};
const late = { code: 'unavailable', extras: { retryAfter: 1 } };
const caught = (answer: Promise<string>) => answer.catch((error: unknown) => error);

test('a request that is put off until its deadline ends with 503 and Retry-After', async () => {
  const { start, pass } = fakeTime();
  let runs = 0;
  const { submit } = createBatcher<Item, string>({
    keysOf: () => [],
    run: async (items) => items.map(() => ((runs += 1), AGAIN)),
  });
  const answer = caught(submit({ name: 'a' }, start + 3_000));
  await pass(2_900);
  expect(runs).toBeGreaterThan(30);
  await pass(200);
  expect(await answer).toMatchObject(late);
  const before = runs;
  await pass(1_000);
  expect(runs).toBe(before);
});

test('a request that waits until its deadline ends with 503, and is never run', async () => {
  const { start, pass } = fakeTime();
  const t = startBatcher({ stuckMs: 60_000 });
  const first = t.submit('first');
  await pass(1);
  const running = await t.nextBatch();
  const waiting = caught(t.submitUntil(start + 4_500, 'waiting'));
  await pass(5_000);
  expect(await waiting).toMatchObject(late);
  running.open();
  await pass(1);
  expect(await first).toBe('did first');
  expect(t.batches).toEqual([['first']]);
  expect(t.waiting()).toBe(0);
});

test('a request whose turn does not come until its deadline ends with 503, and is never run', async () => {
  const { start, pass } = fakeTime();
  let begin = () => {};
  const turn = new Promise<void>((resolve) => (begin = resolve));
  const t = startBatcher({ inTurn: async (work) => turn.then(work) });
  const waiting = caught(t.submitUntil(start + 4_500, 'waiting'));
  await pass(5_000);
  expect(await waiting).toMatchObject(late);
  begin();
  await pass(1);
  expect(t.batches).toEqual([]);
});

test('a request whose batch hangs is answered at its deadline; its batch is not repeated, and what comes of it later is nobody’s', async () => {
  const { start, pass } = fakeTime();
  const t = startBatcher();
  const answer = caught(t.submitUntil(start + 4_500, 'a'));
  await pass(5_000);
  expect(await answer).toMatchObject(late);
  (await t.nextBatch()).open();
  await pass(1_000);
  expect(t.batches).toEqual([['a']]);
});

test('a stuck batch does not hold up the next one', async () => {
  const { pass } = fakeTime();
  const t = startBatcher({ stuckMs: 1_000 });
  const stuck = t.submit('stuck');
  await pass(1);
  const hanging = await t.nextBatch();
  const next = ['b', 'c'].map((name) => t.submit(name));
  await pass(800);
  expect(t.batches).toEqual([['stuck']]);
  await pass(800);
  const second = await t.nextBatch();
  expect(t.batches).toEqual([['stuck'], ['b', 'c']]);
  const waiting = t.submit('d');
  await pass(500);
  expect(t.batches, 'one at a time beside it').toHaveLength(2);
  second.open();
  await pass(1);
  expect(await Promise.all(next)).toEqual(['did b', 'did c']);
  (await t.nextBatch()).open();
  await pass(1);
  expect(await waiting).toBe('did d');
  hanging.open();
  await pass(1);
  expect(await stuck).toBe('did stuck');
});

test('however many batches are stuck, two are under way; when one is free again it is one at a time', async () => {
  const { pass } = fakeTime();
  const t = startBatcher({ stuckMs: 1_000 });
  const answers = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    answers.push(t.submit(name));
    await pass(5_000);
  }
  expect(t.batches).toEqual([['a'], ['b']]);
  for (const gate of [await t.nextBatch(), await t.nextBatch()]) gate.open();
  await pass(1);
  expect(t.batches).toEqual([['a'], ['b'], ['c', 'd']]);
  const last = t.submit('e');
  await pass(500);
  expect(t.batches).toHaveLength(3);
  (await t.nextBatch()).open();
  await pass(1);
  (await t.nextBatch()).open();
  await pass(1);
  expect(await Promise.all([...answers, last])).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => `did ${name}`),
  );
});

test('requests that each fail only after seconds hold up nobody else, and end at their deadline', async () => {
  const { start, pass } = fakeTime();
  const timeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  const { submit } = createBatcher<Item, string>({
    keysOf: () => [],
    run: (items) =>
      new Promise((resolve, reject) => {
        if (items[0]!.name === 'next') resolve(['next']);
        else setTimeout(() => reject(timeout), 1_500);
      }),
  });
  const answered: number[] = [];
  const stuck = Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      submit({ name: `${i}` }, start + 4_500).finally(() => answered.push(performance.now() - start)),
    ),
  );
  await pass(1);
  const next = submit({ name: 'next' }, start + 4_500).then(() => performance.now() - start);
  await pass(60_000);
  expect(new Set((await stuck).map(statusOf))).toEqual(new Set(['55P03', 'unavailable']));
  expect(Math.max(...answered)).toBeLessThan(5_000);
  expect(await next).toBeLessThan(1_500);
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
