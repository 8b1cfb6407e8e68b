import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canMake,
  CHARSETS,
  DEFAULT_PATTERN,
  drawCodes,
  entropyBits,
  type PatternRequest,
  readPattern,
  searchTerms,
  shuffleCodes,
} from '../../src/modules/codes/pattern.ts';
import { uniformBelow } from '../../src/modules/codes/random.ts';
import { Problem } from '../../src/problems.ts';

const ALLOWED = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'];

/** Patterns of at most 5^3 codes, RANDOM among them now and then. */
const small = fc
  .record({
    text: fc.oneof(
      fc.string({ unit: fc.constantFrom(...ALLOWED, '#', '#'), minLength: 3, maxLength: 8 }),
      fc.constantFrom('RAN###', '#AND#M'),
    ),
    charset: fc.oneof(
      fc.uniqueArray(fc.constantFrom(...ALLOWED), { minLength: 2, maxLength: 5 }).map((set) => set.join('')),
      fc.constantFrom('DOMR', 'RO'),
    ),
  })
  .filter(({ text }) => text.includes('#') && text.split('#').length <= 4)
  .map(({ text, charset }) => readPattern({ pattern: text, charset }));

describe('a pattern', () => {
  test('has exactly as many codes as it can make', () => {
    fc.assert(
      fc.property(small, (pattern) => {
        const codes = [...shuffleCodes(pattern)];
        expect(BigInt(codes.length)).toBe(pattern.capacity);
        expect(new Set(codes).size).toBe(codes.length);
        expect(codes.every((code) => canMake(pattern, code) && code !== 'RANDOM')).toBe(true);
      }),
    );
  });

  test('is counted exactly beyond 2^53', () => {
    expect(readPattern({}).capacity).toBe(2n ** 60n);
    expect(entropyBits(readPattern({}))).toBe(60);
    expect(readPattern({ length: 64, charset: 'letters' }).capacity).toBe(26n ** 64n);
  });

  test('does not count the reserved word among its codes', () => {
    expect(readPattern({ pattern: 'RANDO#', charset: 'letters' }).capacity).toBe(25n);
    expect(readPattern({ pattern: '######', charset: 'letters' }).capacity).toBe(26n ** 6n - 1n);
    expect(readPattern({ pattern: '######' }).capacity).toBe(32n ** 6n); // the default charset has no O
  });

  test('finds its own codes, and only them, with what it asks the database', () => {
    const text = fc.oneof(
      small.map((pattern) => drawCodes(pattern).next().value),
      fc.string({ unit: fc.constantFrom(...ALLOWED) }),
    );
    fc.assert(
      fc.property(small, text, (pattern, code) => {
        const { like, regex } = searchTerms(pattern);
        const likeAsRegex = new RegExp(`^${like.replaceAll('_', '.').replaceAll('\\.', '_')}$`);
        expect(likeAsRegex.test(code) && new RegExp(regex).test(code)).toBe(canMake(pattern, code));
      }),
    );
  });

  test.each<[PatternRequest, string]>([
    [{}, DEFAULT_PATTERN],
    [{ pattern: 'summer-##' }, 'SUMMER-##'],
    [{ length: 4, prefix: 'a-', postfix: '-z' }, 'A-####-Z'],
    [{ length: 3 }, '###'],
  ])('%j means %s', (request, text) => {
    expect(readPattern(request).text).toBe(text);
  });

  test.each<[PatternRequest, string]>([
    [{ pattern: 'A##', length: 3 }, '/pattern'],
    [{ prefix: 'A' }, '/length'],
    [{ pattern: 'ABC' }, '/pattern'],
    [{ pattern: '##' }, '/pattern'],
    [{ pattern: '#'.repeat(65) }, '/pattern'],
    [{ pattern: 'A##ß' }, '/pattern'],
    [{ pattern: '[A-Z]+#' }, '/pattern'],
    [{ length: 64, prefix: 'A' }, '/length'],
    [{ length: 3, prefix: '#' }, '/prefix'],
    [{ length: 3, postfix: 'é' }, '/postfix'],
    [{ charset: 'AA' }, '/charset'],
    [{ charset: 'aA' }, '/charset'],
    [{ charset: 'A' }, '/charset'],
    [{ charset: 'A#' }, '/charset'],
    [{ charset: 'constructor' }, '/charset'],
  ])('%j is refused, pointing at the field', (request, pointer) => {
    const refusal = () => readPattern(request);
    expect(refusal).toThrow(Problem);
    expect(refusal).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        extras: { errors: [expect.objectContaining({ pointer })] },
      }),
    );
  });
});

describe('random codes', () => {
  test('avoid letters that look alike unless asked for', () => {
    expect(CHARSETS.default).toHaveLength(32);
    expect(CHARSETS.default).not.toMatch(/[IO01]/);
  });

  // A fair source stays below these bounds but once in 10^12 runs: the mean of chi-squared is its degrees of freedom, its standard
  // deviation √(2 · degrees). `byte % 26` would give 1,400 in the first.
  test.each([
    ['letters', 26],
    ['digits', 10],
    ['default', 32],
    ['ABC', 3],
  ])('have every character of %s at every place equally often', (charset, size) => {
    const drawn = 40_000;
    const codes = drawCodes(readPattern({ length: 4, charset }))
      .take(drawn)
      .toArray();
    for (let place = 0; place < 4; place += 1) {
      const counts = [...Map.groupBy(codes, (code) => code[place]).values()].map((group) => group.length);
      expect(counts).toHaveLength(size);
      expect(chiSquared(counts, drawn / size)).toBeLessThan(size - 1 + 10 * Math.sqrt(2 * (size - 1)) + 20);
    }
  });

  test('are shuffled without favour: each code comes first equally often', () => {
    const rounds = 20_000;
    const pattern = readPattern({ pattern: 'AB#', charset: 'digits' });
    const firsts = Array.from({ length: rounds }, () => shuffleCodes(pattern).next().value);
    const counts = [...Map.groupBy(firsts, (code) => code).values()].map((group) => group.length);
    expect(counts).toHaveLength(10);
    expect(chiSquared(counts, rounds / 10)).toBeLessThan(9 + 10 * Math.sqrt(18) + 20);
  });

  test('draw numbers within any bound', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (bound) => {
        const number = uniformBelow(bound)();
        expect(Number.isInteger(number) && number >= 0 && number < bound).toBe(true);
      }),
    );
  });
});

function chiSquared(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
