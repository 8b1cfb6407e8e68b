import { expect, test } from 'vitest';
import { randomOf } from './random.ts';

test('sequences of different names do not meet: none draws an id of another, at any place', () => {
  const ids = Array.from({ length: 60_000 }, (_, n) => {
    const random = randomOf('a4bd94ef', 'history', Math.floor(n / 200), n % 200);
    return Array.from({ length: 12 }, () => random.uuid());
  }).flat();
  expect(new Set(ids).size).toBe(ids.length);
});

test('the same names give the same sequence, which is as even as chance', () => {
  const [one, other] = [randomOf('seed', 1), randomOf('seed', 1)];
  const drawn = Array.from({ length: 10_000 }, () => one.int(10));
  expect(drawn).toEqual(drawn.map(() => other.int(10)));
  for (let value = 0; value < 10; value += 1)
    expect(Math.abs(drawn.filter((one) => one === value).length - 1000)).toBeLessThan(150);
});
