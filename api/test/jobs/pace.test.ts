import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPace } from '../../src/modules/jobs/pace.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** The sizes of steps that take these times. */
async function sizesOf(times: readonly number[]): Promise<number[]> {
  const pace = createPace({ first: 1_000, least: 100, most: 4_000 });
  const sizes: number[] = [];
  for (const ms of times) {
    await pace.run(async (size) => {
      sizes.push(size);
      vi.advanceTimersByTime(ms);
    });
  }
  return sizes;
}

test('steps that take long get smaller, down to the least', async () => {
  expect(await sizesOf([900, 700, 500, 450, 410, 410])).toEqual([1_000, 500, 250, 125, 100, 100]);
});

test('quick steps get larger, up to the most', async () => {
  expect(await sizesOf([20, 20, 20, 20])).toEqual([1_000, 2_000, 4_000, 4_000]);
});

test('steps that take as long as they should stay', async () => {
  expect(await sizesOf([151, 399, 200])).toEqual([1_000, 1_000, 1_000]);
});
