import { createCipheriv, createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALGORITHM,
  assess,
  draw,
  type Entrant,
  hashList,
  hashOutcome,
  roomOf,
  type Terms,
} from '../../src/modules/distributions/draw.ts';

const seedOf = (text: string) => createHash('sha256').update(text).digest();
const userId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const listOf = (already: readonly number[]): Entrant[] =>
  already.map((count, index) => ({ userId: userId(index), already: count }));
const terms = (given: Partial<Terms>): Terms => ({
  mode: 'equal',
  perUser: null,
  total: null,
  bookLimit: null,
  stock: 1_000_000,
  ...given,
});
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const anySeed = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const anyList = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }).map(listOf);
const anyTerms = fc
  .record({
    mode: fc.constantFrom('equal' as const, 'random' as const),
    perUser: fc.option(fc.integer({ min: 1, max: 8 })),
    total: fc.option(fc.integer({ min: 1, max: 200 })),
    bookLimit: fc.option(fc.integer({ min: 1, max: 6 })),
    stock: fc.integer({ min: 0, max: 200 }),
  })
  .filter(({ mode, perUser, total }) => total !== null || (mode === 'equal' && perUser !== null));

describe('equal', () => {
  test.each<{ name: string; already: number[]; terms: Partial<Terms>; shares: number[] }>([
    { name: 'the same for each', already: [0, 0, 0], terms: { perUser: 2 }, shares: [2, 2, 2] },
    {
      name: 'what they have counts for the limit of the book',
      already: [0, 1, 2, 5],
      terms: { perUser: 2, bookLimit: 2 },
      shares: [2, 1, 0, 0],
    },
    { name: 'a total that divides', already: [0, 0, 0], terms: { total: 6 }, shares: [2, 2, 2] },
    {
      name: 'who has room takes what others have no room for',
      already: [2, 0, 0],
      terms: { total: 6, bookLimit: 3 },
      shares: [1, 3, 2],
    },
    {
      name: 'no more than there is room for',
      already: [0, 1],
      terms: { total: 100, bookLimit: 2 },
      shares: [2, 1],
    },
    { name: 'no more than are left', already: [0, 0, 0], terms: { perUser: 5, stock: 6 }, shares: [2, 2, 2] },
    { name: 'nothing is left', already: [0, 0], terms: { perUser: 1, stock: 0 }, shares: [0, 0] },
    { name: 'one user takes all', already: [0], terms: { total: 7 }, shares: [7] },
    { name: 'most for one', already: [0, 0], terms: { total: 100, perUser: 3 }, shares: [3, 3] },
  ])('$name', ({ already, terms: given, shares }) => {
    const drawn = draw(seedOf('a'), terms(given), listOf(already));
    // Where a lot decides who of several gets the odd one, only how many get it is certain.
    expect(drawn.shares.toSorted()).toEqual(shares.toSorted());
  });

  test('of users with the same room no two differ by more than one, and the first lots get the odd ones', () => {
    fc.assert(
      fc.property(
        anySeed,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 300 }),
        (seed, users, total) => {
          const { shares, lots } = draw(seed, terms({ total }), listOf(Array<number>(users).fill(0)));
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
          const byLot = lots.map((place) => shares[place]!);
          expect(byLot).toEqual(byLot.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  test('a user with less is one without room for more', () => {
    fc.assert(
      fc.property(anySeed, anyList, fc.integer({ min: 1, max: 150 }), (seed, list, total) => {
        const given = terms({ total, bookLimit: 6 });
        const { shares } = draw(seed, given, list);
        const most = Math.max(...shares);
        shares.forEach((share, place) => {
          if (share < most - 1) expect(share).toBe(roomOf(given, list[place]!));
        });
      }),
    );
  });
});

describe('any draw', () => {
  test('gives exactly what was assessed: never more than asked for, left, or allowed', () => {
    fc.assert(
      fc.property(anySeed, anyTerms, anyList, (seed, given, list) => {
        const { shares, lots } = draw(seed, given, list);
        const { planned, needed } = assess(given, list);
        expect(sum(shares)).toBe(planned);
        expect(planned).toBeLessThanOrEqual(Math.min(needed, given.stock));
        shares.forEach((share, place) => {
          expect(Number.isInteger(share) && share >= 0).toBe(true);
          expect(share).toBeLessThanOrEqual(roomOf(given, list[place]!));
          if (given.bookLimit !== null && share > 0) {
            expect(list[place]!.already + share).toBeLessThanOrEqual(given.bookLimit);
          }
        });
        expect(lots.toSorted((a, b) => a - b)).toEqual(list.map((_, place) => place));
        // As much as possible: if less was given than asked for, nobody could take one more, or none is left.
        if (planned < needed && planned < given.stock) {
          expect(shares).toEqual(list.map((entrant) => roomOf(given, entrant)));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is the same from the same seed, terms and list, and another from another seed', () => {
    const list = listOf(Array<number>(500).fill(0));
    for (const given of [terms({ total: 750 }), terms({ mode: 'random', total: 750, perUser: 4 })]) {
      const first = draw(seedOf('a'), given, list);
      expect(draw(seedOf('a'), given, list)).toEqual(first);
      expect(draw(seedOf('b'), given, list)).not.toEqual(first);
    }
  });

  test('version 1 stays as it is for ever: whoever kept a record can verify it', () => {
    expect(ALGORITHM).toBe(1);
    const list = listOf([0, 1, 2, 0, 0, 3, 0]);
    const equal = draw(seedOf('v1'), terms({ total: 10, bookLimit: 4 }), list);
    const random = draw(seedOf('v1'), terms({ mode: 'random', total: 12, perUser: 3 }), list);
    expect({ equal, random }).toMatchInlineSnapshot(`
      {
        "equal": {
          "lots": [
            3,
            4,
            6,
            0,
            2,
            5,
            1,
          ],
          "shares": [
            1,
            1,
            1,
            2,
            2,
            1,
            2,
          ],
        },
        "random": {
          "lots": [
            3,
            4,
            6,
            0,
            2,
            5,
            1,
          ],
          "shares": [
            3,
            1,
            0,
            1,
            2,
            2,
            3,
          ],
        },
      }
    `);
    expect(hashList(list).toString('hex')).toMatchInlineSnapshot(
      `"1441bae1c1764b94a605a65298d684ff36bd0d76c07e6f2e97e3c5986c095ad6"`,
    );
    expect(hashOutcome(list, equal).toString('hex')).toMatchInlineSnapshot(
      `"023655c0543f9c1a98ed7dbbadd5bbb4c2f747d0b9db9196ad296b8775c34274"`,
    );
  });
});

/** The procedure of docs/draws.md, written anew from that page alone, without a thought for speed. */
function drawByTheBook(
  seed: Buffer,
  { mode, perUser, total, bookLimit, stock }: Terms,
  list: readonly Entrant[],
) {
  const stream = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16)).update(Buffer.alloc(40_000));
  let read = 0;
  const choose = (n: number) => {
    let number;
    do number = stream.readUInt32BE(4 * read++);
    while (number >= 2 ** 32 - (2 ** 32 % n));
    return number % n;
  };
  const room = list.map(({ already }) => Math.max(0, Math.min(perUser ?? 1e9, (bookLimit ?? 1e9) - already)));
  const count = Math.min(total ?? sum(room), sum(room), stock);
  const lots = list.map((_, place) => place);
  for (let i = list.length - 1; i >= 1; i -= 1) {
    const j = choose(i + 1);
    const moved = lots[i]!;
    lots[i] = lots[j]!;
    lots[j] = moved;
  }
  const shares = list.map(() => 0);
  if (mode === 'equal') {
    const upTo = (level: number) => room.map((most) => Math.min(most, level));
    let level = 0;
    while (level < count && sum(upTo(level + 1)) <= count) level += 1;
    upTo(level).forEach((share, place) => (shares[place] = share));
    for (const place of lots) if (room[place]! > level && sum(shares) < count) shares[place]! += 1;
  } else {
    let candidates = list.map((_, place) => place).filter((place) => room[place]! > 0);
    for (let coupon = 0; coupon < count; coupon += 1) {
      const chosen = choose(candidates.length);
      const place = candidates[chosen]!;
      shares[place]! += 1;
      if (shares[place] === room[place]) {
        candidates[chosen] = candidates.at(-1)!;
        candidates = candidates.slice(0, -1);
      }
    }
  }
  return { lots, shares };
}

test('a program written from docs/draws.md alone draws the same', () => {
  fc.assert(
    fc.property(anySeed, anyTerms, anyList, (seed, given, list) => {
      expect(draw(seed, given, list)).toEqual(drawByTheBook(seed, given, list));
    }),
    { numRuns: 300 },
  );
});

test('the order in which members are read does not matter: the list is sorted before it is drawn from', () => {
  const list = listOf(Array.from({ length: 50 }, () => 1));
  const given = terms({ mode: 'random', total: 80, bookLimit: 5 });
  const drawn = draw(seedOf('order'), given, list);
  fc.assert(
    fc.property(fc.shuffledSubarray(list, { minLength: 50, maxLength: 50 }), (shuffled) => {
      const sorted = shuffled.sort((a, b) => (a.userId < b.userId ? -1 : 1));
      expect(draw(seedOf('order'), given, sorted)).toEqual(drawn);
    }),
    { numRuns: 20 },
  );
});

describe('chance', () => {
  const ROUNDS = 4_000;
  /** Chi-square of counts that should all be the same; 9 degrees of freedom stay below 33.7 but once in 10,000 times. */
  const unevenness = (counts: readonly number[]) => {
    const expected = sum(counts) / counts.length;
    return sum(counts.map((count) => (count - expected) ** 2 / expected));
  };
  const list = listOf(Array<number>(10).fill(0));

  test('the odd coupon of an equal distribution comes to everybody equally often', () => {
    const counts = Array<number>(10).fill(0);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { shares } = draw(seedOf(`odd ${round}`), terms({ total: 13 }), list);
      shares.forEach((share, place) => (counts[place]! += share - 1));
    }
    expect(sum(counts)).toBe(3 * ROUNDS);
    expect(unevenness(counts)).toBeLessThan(33.7);
  });

  test('so do the coupons of a random one, and the first lot', () => {
    const coupons = Array<number>(10).fill(0);
    const firsts = Array<number>(10).fill(0);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { shares, lots } = draw(seedOf(`random ${round}`), terms({ mode: 'random', total: 7 }), list);
      shares.forEach((share, place) => (coupons[place]! += share));
      firsts[lots[0]!]! += 1;
    }
    expect(unevenness(coupons)).toBeLessThan(33.7);
    expect(unevenness(firsts)).toBeLessThan(33.7);
  });

  test('random coupons are drawn one by one: some users get several before others get any', () => {
    const { shares } = draw(
      seedOf('spread'),
      terms({ mode: 'random', total: 1000 }),
      listOf(Array<number>(1000).fill(0)),
    );
    const none = shares.filter((share) => share === 0).length;
    // 1000 / e = 368 on average, 15 either way as a rule.
    expect(none).toBeGreaterThan(300);
    expect(none).toBeLessThan(440);
  });
});
