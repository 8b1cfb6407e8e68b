import { newestFirst } from '../../src/coupons/newestFirst.ts';
import { expect, test } from '../support/test.ts';

const [nine, ten] = ['2026-11-26T09:00:00.000Z', '2026-11-26T10:00:00.000Z'];

test('events stand in the order in which they happened, also those that were noted later', () => {
  const shown = newestFirst([
    { id: 1, occurredAt: ten },
    { id: 3, occurredAt: nine },
    { id: 2, occurredAt: ten },
  ]);
  expect(shown.map(({ id }) => id)).toEqual([2, 1, 3]);
});

test('an event that was told and read is there once, as it was read', () => {
  const told = { id: 1, occurredAt: ten };
  expect(newestFirst<typeof told & { bookName?: string }>([told, { ...told, bookName: 'Summer' }])).toEqual([
    { ...told, bookName: 'Summer' },
  ]);
});
