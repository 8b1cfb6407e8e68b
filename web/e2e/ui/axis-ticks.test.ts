import { expect, test } from '@playwright/test';
import { axisTicks } from '../../src/ui/axisTicks.ts';

test('the axis of a chart has few, whole and round numbers, of which the last is enough for the highest bar', () => {
  expect(axisTicks(0)).toEqual([0, 1, 2, 3, 4]);
  expect(axisTicks(5)).toEqual([0, 2, 4, 6]);
  expect(axisTicks(8)).toEqual([0, 2, 4, 6, 8]);
  expect(axisTicks(9)).toEqual([0, 5, 10]);
  expect(axisTicks(1_000)).toEqual([0, 500, 1_000]);
  for (const most of [1, 7, 40, 41, 99, 100, 101, 999_999, 1_000_000, 123_456_789]) {
    const ticks = axisTicks(most);
    expect(ticks.length, `up to ${most}`).toBeGreaterThanOrEqual(3);
    expect(ticks.length, `up to ${most}`).toBeLessThanOrEqual(5);
    expect(ticks.at(-1), `up to ${most}`).toBeGreaterThanOrEqual(most);
    expect(ticks.every(Number.isInteger), `up to ${most}`).toBe(true);
  }
});
