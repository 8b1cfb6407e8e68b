import { afterEach, expect, test, vi } from 'vitest';
import {
  AGAIN,
  type GroupCommitOptions,
  createGroupCommit,
} from '../../src/modules/coupons/commands/group-commit.ts';

afterEach(() => void vi.useRealTimers());

interface Item {
  name: string;
  keys?: string[];
}

type Result = string | typeof AGAIN;

/** Groups whose `run` is told to the test, which then answers; by default with the names of the items. */
function startGroups(options: Partial<GroupCommitOptions<Item, string>> = {}) {
  const groups: string[][] = [];
  const gates: { open: (results?: Result[]) => void; fail: (error: Error) => void }[] = [];
  const arrivals: (() => void)[] = [];
  const groupCommit = createGroupCommit<Item, string>({
    keysOf: ({ keys = [] }) => keys,
    run: (items) => {
      groups.push(items.map(({ name }) => name));
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
    groups,
    submit: (name: string, ...keys: string[]) => groupCommit.submit({ name, keys }, Infinity),
    submitUntil: (deadline: number, name: string) => groupCommit.submit({ name }, deadline),
    /** The next group that asks to be run. */
    nextGroup: async () => {
      if (gates.length === 0) await new Promise<void>((resolve) => arrivals.push(resolve));
      return gates.shift()!;
    },
  };
}

/** Groups whose `run` works by itself. */
function groupsOf(
  run: (items: Item[]) => Promise<Result[]>,
  options: Partial<GroupCommitOptions<Item, string>> = {},
) {
  const { submit } = createGroupCommit<Item, string>({ keysOf: ({ keys = [] }) => keys, run, ...options });
  return (name: string, ...keys: string[]) => submit({ name, keys }, Infinity);
}

const outage = () => Object.assign(new Error('connection lost'), { code: 'ECONNRESET' });
const names = (items: Item[]) => items.map(({ name }) => name);
const statusOf = (settled: PromiseSettledResult<string>) =>
  settled.status === 'fulfilled'
    ? settled.value
    : (settled.reason as { code?: string; message: string }).code;

test('an idle server runs a request at once, alone', async () => {
  const t = startGroups();
  const answer = t.submit('a');
  (await t.nextGroup()).open();
  expect(await answer).toBe('did a');
  expect(t.groups).toEqual([['a']]);
});

test('requests that come while a group runs share the next one', async () => {
  const t = startGroups();
  const first = t.submit('a');
  const running = await t.nextGroup();
  const rest = ['b', 'c', 'd'].map((name) => t.submit(name));
  running.open();
  (await t.nextGroup()).open();
  expect(await Promise.all([first, ...rest])).toEqual(['did a', 'did b', 'did c', 'did d']);
  expect(t.groups).toEqual([['a'], ['b', 'c', 'd']]);
});

test('only one group is under way at a time', async () => {
  let running = 0;
  const submit = groupsOf(
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

test('two requests with one key never share a group and run in the order they came', async () => {
  const seen: string[] = [];
  const submit = groupsOf(async (items) => {
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

test('a group is never larger than maxSize, and what is left over goes first in the next', async () => {
  const t = startGroups({ maxSize: 2 });
  const answers = ['a', 'b', 'c', 'd', 'e'].map((name) => t.submit(name));
  for (let group = 0; group < 3; group++) (await t.nextGroup()).open();
  await Promise.all(answers);
  expect(t.groups).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});

test('one request that makes its group fail fails alone', async () => {
  const groups: string[][] = [];
  const submit = groupsOf(async (items) => {
    groups.push(names(items));
    if (items.some(({ name }) => name === 'poison')) throw new Error('defect');
    return names(items);
  });
  const settled = await Promise.allSettled(['a', 'poison', 'b'].map((name) => submit(name)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(groups).toEqual([['a', 'poison', 'b'], ['a'], ['poison'], ['b']]);
});

test('after an outage nothing is repeated, because the COMMIT may have arrived', async () => {
  let runs = 0;
  const submit = groupsOf(async () => {
    runs += 1;
    throw outage();
  });
  const settled = await Promise.allSettled(['a', 'b', 'c'].map((name) => submit(name)));
  expect(settled.map(statusOf)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  expect(runs).toBe(1);
});

test('an outage does not stop the groups after it', async () => {
  let runs = 0;
  const submit = groupsOf(async (items) => {
    runs += 1;
    if (runs === 1) throw outage();
    return names(items);
  });
  await expect(submit('a')).rejects.toThrow('connection lost');
  expect(await submit('b')).toBe('b');
});

test('a request that is put off comes back and gets its answer', async () => {
  const tries = new Map<string, number>();
  const submit = groupsOf(async (items) =>
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
  const { submit } = createGroupCommit<Item, string>({
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
  const t = startGroups({ stuckMs: 60_000 });
  const first = t.submit('first');
  await pass(1);
  const running = await t.nextGroup();
  const waiting = caught(t.submitUntil(start + 4_500, 'waiting'));
  await pass(5_000);
  expect(await waiting).toMatchObject(late);
  running.open();
  await pass(1);
  expect(await first).toBe('did first');
  expect(t.groups).toEqual([['first']]);
});

test('a request whose turn does not come until its deadline ends with 503, and is never run', async () => {
  const { start, pass } = fakeTime();
  let begin = () => {};
  const turn = new Promise<void>((resolve) => (begin = resolve));
  const t = startGroups({ inTurn: async (work) => turn.then(work) });
  const waiting = caught(t.submitUntil(start + 4_500, 'waiting'));
  await pass(5_000);
  expect(await waiting).toMatchObject(late);
  begin();
  await pass(1);
  expect(t.groups).toEqual([]);
});

test('a request whose group hangs is answered at its deadline; its group is not repeated, and what comes of it later is nobody’s', async () => {
  const { start, pass } = fakeTime();
  const t = startGroups();
  const answer = caught(t.submitUntil(start + 4_500, 'a'));
  await pass(5_000);
  expect(await answer).toMatchObject(late);
  (await t.nextGroup()).open();
  await pass(1_000);
  expect(t.groups).toEqual([['a']]);
});

test('a stuck group does not hold up the next one', async () => {
  const { pass } = fakeTime();
  const t = startGroups({ stuckMs: 1_000 });
  const stuck = t.submit('stuck');
  await pass(1);
  const hanging = await t.nextGroup();
  const next = ['b', 'c'].map((name) => t.submit(name));
  await pass(800);
  expect(t.groups).toEqual([['stuck']]);
  await pass(800);
  const second = await t.nextGroup();
  expect(t.groups).toEqual([['stuck'], ['b', 'c']]);
  const waiting = t.submit('d');
  await pass(500);
  expect(t.groups, 'one at a time beside it').toHaveLength(2);
  second.open();
  await pass(1);
  expect(await Promise.all(next)).toEqual(['did b', 'did c']);
  (await t.nextGroup()).open();
  await pass(1);
  expect(await waiting).toBe('did d');
  hanging.open();
  await pass(1);
  expect(await stuck).toBe('did stuck');
});

test('however many groups are stuck, two are under way; when one is free again it is one at a time', async () => {
  const { pass } = fakeTime();
  const t = startGroups({ stuckMs: 1_000 });
  const answers = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    answers.push(t.submit(name));
    await pass(5_000);
  }
  expect(t.groups).toEqual([['a'], ['b']]);
  for (const gate of [await t.nextGroup(), await t.nextGroup()]) gate.open();
  await pass(1);
  expect(t.groups).toEqual([['a'], ['b'], ['c', 'd']]);
  const last = t.submit('e');
  await pass(500);
  expect(t.groups).toHaveLength(3);
  (await t.nextGroup()).open();
  await pass(1);
  (await t.nextGroup()).open();
  await pass(1);
  expect(await Promise.all([...answers, last])).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => `did ${name}`),
  );
});

test('requests that each fail only after seconds hold up nobody else, and end at their deadline', async () => {
  const { start, pass } = fakeTime();
  const timeout = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });
  const { submit } = createGroupCommit<Item, string>({
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
  const t = startGroups({ maxWaiting: 3 });
  const first = t.submit('a');
  const running = await t.nextGroup();
  const queued = ['b', 'c', 'd'].map((name) => t.submit(name));
  await expect(t.submit('e')).rejects.toMatchObject({ code: 'unavailable', extras: { retryAfter: 1 } });
  running.open();
  (await t.nextGroup()).open();
  await Promise.all([first, ...queued]);
  const later = t.submit('f');
  (await t.nextGroup()).open();
  expect(await later).toBe('did f');
});

test('requests that are put off count against the bound of the queue', async () => {
  const t = startGroups({ maxWaiting: 1 });
  const first = t.submit('a').catch(() => {});
  (await t.nextGroup()).open([AGAIN]);
  const again = await t.nextGroup();
  const queued = t.submit('b');
  await expect(t.submit('c')).rejects.toMatchObject({ code: 'unavailable' });
  again.open();
  (await t.nextGroup()).open();
  await Promise.all([first, queued]);
});

test('idle is told once everything has been settled, not while something is put off', async () => {
  const onIdle = vi.fn();
  const t = startGroups({ onIdle });
  const answer = t.submit('a');
  (await t.nextGroup()).open([AGAIN]);
  const again = await t.nextGroup();
  expect(onIdle).not.toHaveBeenCalled();
  again.open();
  await answer;
  await new Promise((resolve) => setImmediate(resolve));
  expect(onIdle).toHaveBeenCalledTimes(1);
});
