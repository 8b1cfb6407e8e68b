import { expect, test } from 'vitest';
import { takeTurns } from '../../src/database/turns.ts';

test('bulk work runs a few at a time, in the order it came, and goes on after a failure', async () => {
  const inTurn = takeTurns(2, 10);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = (n: number) => async () => {
    started.push(n);
    most = Math.max(most, (running += 1));
    await new Promise(setImmediate);
    running -= 1;
    if (n % 2 === 0) throw new Error(`no ${n}`);
    return n;
  };
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => inTurn(work(n))));
  expect(results.map(({ status }) => status)).toEqual(Array(3).fill(['fulfilled', 'rejected']).flat());
  expect([started, most]).toEqual([[1, 2, 3, 4, 5, 6], 2]);
});

test('bulk work beyond the queue is refused at once, with a time to come back', async () => {
  const inTurn = takeTurns(1, 1);
  const finish: (() => void)[] = [];
  const work = () => new Promise<void>((done) => finish.push(done));
  const first = inTurn(work);
  const second = inTurn(work);
  await expect(inTurn(work)).rejects.toMatchObject({ code: 'unavailable', extras: { retryAfter: 10 } });
  finish[0]!();
  await first;
  await Promise.resolve();
  finish[1]!();
  await second;
  const third = inTurn(work);
  finish[2]!();
  await third;
});
