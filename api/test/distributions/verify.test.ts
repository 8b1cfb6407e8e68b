import { createHash, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { draw, hashList, hashOutcome, type Terms } from '../../src/modules/distributions/draw.ts';
import { type DrawRecord, findDrawFaults } from '../../src/modules/distributions/verify.ts';

const list = Array.from({ length: 50 }, () => ({ userId: randomUUID(), already: 1 })).sort((a, b) =>
  a.userId < b.userId ? -1 : 1,
);
const terms: Terms = { mode: 'random', perUser: null, total: 80, bookLimit: 5, stock: 1_000_000 };
const seed = createHash('sha256').update('verify').digest();
const drawn = draw(seed, terms, list);
const record = (): DrawRecord & {
  shares: { lot: number; userId: string; already: number; share: number }[];
} => ({
  algorithm: 1,
  seed: seed.toString('hex'),
  terms: { ...terms },
  listHash: hashList(list).toString('hex'),
  outcomeHash: hashOutcome(list, drawn).toString('hex'),
  shares: drawn.lots.map((place, index) => ({
    ...list[place]!,
    lot: index + 1,
    share: drawn.shares[place]!,
  })),
});

test('a record that was not touched agrees', () => {
  expect(findDrawFaults(record())).toEqual([]);
});

test.each<[string, (r: ReturnType<typeof record>) => void]>([
  ['another seed', (r) => (r.seed = 'ab'.repeat(32))],
  ['other terms', (r) => (r.terms.total = 79)],
  ['another limit', (r) => (r.terms.bookLimit = 2)],
  ['a user more', (r) => r.shares.push({ lot: 51, userId: randomUUID(), already: 0, share: 0 })],
  ['a user less', (r) => r.shares.pop()],
  ['a user in the place of another', (r) => (r.shares[3]!.userId = randomUUID())],
  ['a user twice', (r) => (r.shares[3]!.userId = r.shares[4]!.userId)],
  ['what a user had', (r) => (r.shares[3]!.already = 0)],
  ['a share', (r) => (r.shares[3]!.share += 1)],
  ['two lots that changed places', (r) => ([r.shares[0], r.shares[1]] = [r.shares[1]!, r.shares[0]!])],
  ['the hash of the list', (r) => (r.listHash = '0'.repeat(64))],
  ['the hash of the outcome', (r) => (r.outcomeHash = '0'.repeat(64))],
  ['an unknown version', (r) => (r.algorithm = 2)],
])('%s is noticed', (_, change) => {
  const changed = record();
  change(changed);
  expect(findDrawFaults(changed)).not.toEqual([]);
});
