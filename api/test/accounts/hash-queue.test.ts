import { expect, test } from 'vitest';
import { createHashQueue } from '../../src/modules/accounts/sessions/hash-queue.ts';

const LIMITS = { atOnce: 1, maxWaiting: 1_000, maxWaitingOf: 50, maxWaitMs: 60_000, crowd: 10 };

/** A queue whose hashes end one by one, and the names of those that were started. */
function openQueue(limits: Partial<typeof LIMITS> = {}) {
  const queue = createHashQueue({ ...LIMITS, ...limits });
  const started: string[] = [];
  const ends: (() => void)[] = [];
  return {
    queue,
    started,
    ask(source: string, name = source, isKnown = false, network?: string) {
      const asked = queue.run({ name: source, isKnown, network }, () => {
        started.push(name);
        return new Promise<string>((end) => ends.push(() => end(name)));
      });
      asked.catch(() => {});
      return asked;
    },
    /** Ends the one that runs, and the next begins. */
    async next() {
      ends.shift()!();
      await new Promise(setImmediate);
    },
  };
}

test('behind 50 of one address, another waits for the one that runs', async () => {
  const { ask, next, started } = openQueue();
  for (let i = 0; i < 50; i += 1) void ask('flood');
  void ask('owner');
  await next();
  expect(started).toEqual(['flood', 'owner']);
});

test('behind 300 addresses, a new one waits for the one that runs; those who ask again wait behind all', async () => {
  const { ask, next, started } = openQueue();
  for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`);
  await next();
  for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`, 'again');
  void ask('owner');
  await next();
  expect(started.at(-1)).toBe('owner');
  for (let i = 0; i < 298; i += 1) await next();
  expect([new Set(started).size, started.includes('again')]).toEqual([301, false]);
});

test('before 300 addresses that ask for the first time, the known go next; strangers and the known take turns', async () => {
  const { ask, next, started } = openQueue();
  for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`);
  for (let i = 0; i < 3; i += 1) void ask(`owner ${i}`, undefined, true);
  for (let i = 300; i < 600; i += 1) void ask(`stranger ${i}`);
  for (let i = 0; i < 6; i += 1) await next();
  expect(started.map((name) => name.split(' ')[0])).toEqual([
    'stranger',
    'owner',
    'stranger',
    'owner',
    'stranger',
    'owner',
    'stranger',
  ]);
});

test('a full queue of strangers has room for the known, and the other way round', async () => {
  const { ask, next, started } = openQueue({ maxWaiting: 2 });
  void ask('running');
  const strangers = [1, 2, 3].map((n) => ask(`stranger ${n}`));
  const known = [1, 2, 3].map((n) => ask(`known ${n}`, undefined, true));
  for (const line of [strangers, known])
    await expect(
      Promise.any(line.map((asked) => asked.then(Promise.reject, (error: unknown) => error))),
    ).resolves.toMatchObject({ code: 'unavailable' });
  for (let i = 0; i < 4; i += 1) await next();
  expect(started).toHaveLength(5);
});

test('however often 300 addresses come again, one that has not tried yet is next', async () => {
  const { ask, next, started } = openQueue();
  for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`);
  for (let i = 0; i < 300; i += 1) await next();
  // Nobody waits now: what was tried is remembered all the same.
  for (const visitor of ['owner', 'somebody', 'another']) {
    for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`, 'again');
    void ask(visitor);
    for (let i = 0; i < 300; i += 1) void ask(`stranger ${i}`, 'again');
    await next();
    expect(started.at(-1)).toBe(visitor);
  }
});

test('1,000 addresses of one network that come for the first time wait behind one elsewhere that has failed before', async () => {
  const { ask, next, started } = openQueue();
  void ask('owner');
  for (let i = 0; i < 1_000; i += 1) void ask(`stranger ${i}`, undefined, false, 'theirs');
  for (let i = 0; i < 100; i += 1) await next();
  void ask('owner', 'owner again', false, 'elsewhere');
  for (let i = 1_000; i < 1_050; i += 1) void ask(`stranger ${i}`, undefined, false, 'theirs');
  await next();
  expect(started.at(-1)).toBe('owner again');
});

test('an address where 50 people gave the right password goes before one that has failed', async () => {
  const { ask, next, queue, started } = openQueue();
  for (let i = 0; i < 50; i += 1) {
    void ask('office', undefined, false, 'town');
    queue.forgive({ name: 'office', network: 'town', isKnown: false });
  }
  void ask('stranger');
  for (let i = 0; i < 51; i += 1) await next();
  void ask('somebody');
  void ask('office', 'colleague', false, 'town');
  void ask('stranger', 'again');
  await next();
  expect(started.at(-1)).toBe('colleague');
});

test('while 10 strangers wait, those who have had their tries are not heard, and nobody else is refused', async () => {
  const { ask, next, queue } = openQueue();
  for (let i = 0; i < 3; i += 1) void ask('guesser');
  for (let i = 0; i < 7; i += 1) void ask(`stranger ${i}`);
  expect(queue.isCrowdedFor('guesser', 3)).toBe(false);
  void ask('the tenth who waits');
  expect(queue.isCrowdedFor('guesser', 3)).toBe(true);
  expect(queue.isCrowdedFor('guesser', 4)).toBe(false);
  expect(queue.isCrowdedFor('owner', 3)).toBe(false);
  await next();
  expect(queue.isCrowdedFor('guesser', 3)).toBe(false);
});

test('two addresses that both ask for much take turns', async () => {
  const { ask, next, started } = openQueue();
  void ask('running');
  for (let i = 0; i < 5; i += 1) void ask('one');
  for (let i = 0; i < 5; i += 1) void ask('other');
  for (let i = 0; i < 10; i += 1) await next();
  for (let i = 1; i <= 9; i += 2) expect(started.slice(i, i + 2).sort()).toEqual(['one', 'other']);
});

test('who waits longer than the bound is told to come back, and the others go on', async () => {
  const { ask, next, started } = openQueue({ maxWaitMs: 5 });
  void ask('first');
  await expect(ask('late')).rejects.toMatchObject({ code: 'unavailable', extras: { retryAfter: 5 } });
  await next();
  void ask('third');
  expect(started).toEqual(['first', 'third']);
});

test('of one address only so many wait, and when the queue is full the last in line leaves', async () => {
  const { ask, next, started } = openQueue({ maxWaiting: 4, maxWaitingOf: 3 });
  void ask('flood');
  const [, , third] = [ask('flood'), ask('flood'), ask('flood', 'third')];
  await expect(ask('flood')).rejects.toMatchObject({ code: 'unavailable' });
  void ask('owner');
  void ask('somebody');
  await expect(third).rejects.toMatchObject({ code: 'unavailable' });
  for (let i = 0; i < 2; i += 1) await next();
  expect(started).toEqual(['flood', 'somebody', 'owner']);
});

test('a hash that fails makes room for the next', async () => {
  const queue = createHashQueue(LIMITS);
  const one = { name: 'one', isKnown: false };
  await expect(queue.run(one, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await queue.run(one, async () => 'fine')).toBe('fine');
});
