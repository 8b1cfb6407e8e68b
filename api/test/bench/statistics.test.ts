import { describe, expect, test } from 'vitest';
import { judge, median, quantile, ratios } from '../../../bench/statistics.ts';
import { verdictOf } from '../../../bench/report.ts';

describe('the statistics of a benchmark', () => {
  test('the median is the middle value, or the mean of the two in the middle, in whatever order they came', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([10, 9])).toBe(9.5);
    expect(median([])).toBeNaN();
  });

  test('a quantile is a value that was seen: the least below which that share lies', () => {
    const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile([7], 0.01)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('a machine that slows down half-way does not change a ratio, since it is made round by round', () => {
    expect(ratios([100, 100, 50, 50], [200, 200, 100, 100])).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test('contestants that did not have the same rounds are not compared', () => {
    expect(() => ratios([1, 2], [1])).toThrow('2 rounds cannot be compared with 1');
    expect(() => ratios([], [])).toThrow();
  });
});

describe('the verdict', () => {
  test('is that of the median, and says when rounds disagree', () => {
    const target = { atLeast: 0.4 };
    const verdict = (values: number[]) => verdictOf({ name: '', values, target });
    expect(verdict([0.4, 0.5, 0.6])).toBe('met');
    expect(verdict([0.3, 0.5, 0.6])).toBe('met, not in every round');
    expect(verdict([0.3, 0.39, 0.6])).toBe('MISSED, met in some rounds');
    expect(verdict([0.1, 0.2, 0.3])).toBe('MISSED');
  });

  test('of what has to be small is the other way round', () => {
    expect(judge([2.5, 1.9, 1.8], { atMost: 2 })).toEqual({
      median: 1.9,
      least: 1.8,
      most: 2.5,
      met: true,
      unanimous: false,
    });
    expect(judge([2.1], { atMost: 2 }).met).toBe(false);
  });

  test('without a target there is none', () => {
    expect(verdictOf({ name: '', values: [1] })).toBe('');
  });

  test('what was not measured is not met', () => {
    expect(judge([Number.NaN], { atLeast: 0 }).met).toBe(false);
    expect(judge([Number.NaN], { atMost: 1 }).met).toBe(false);
  });
});
