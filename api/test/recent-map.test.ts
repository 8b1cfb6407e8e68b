import { expect, test } from 'vitest';
import { createRecentMap } from '../src/recent-map.ts';

test('a recent map keeps half of its size at least and all of it at most, the newest, however many came', () => {
  const map = createRecentMap<number, string>(10);
  for (let n = 1; n <= 1_003; n += 1) map.set(n, `of ${n}`);
  const kept = Array.from({ length: 1_003 }, (_, n) => n + 1).filter((n) => map.get(n) === `of ${n}`);
  expect(kept.length).toBeGreaterThanOrEqual(5);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 1_004 - kept.length + n));
});

test('a recent map keeps what is set again, with its new value, and forgets what is deleted', () => {
  const map = createRecentMap<string, number>(4);
  for (let n = 0; n < 100; n += 1) {
    map.set('again', n);
    map.set(`once ${n}`, n);
    expect(map.get('again')).toBe(n);
  }
  map.delete('again');
  expect(map.get('again')).toBeUndefined();
  map.set('last', 1);
  map.clear();
  expect(map.get('last')).toBeUndefined();
});
