import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalCode } from '../src/modules/codes/code.ts';

const CANONICAL = /^[A-Z0-9_-]{3,64}$/;

describe('the canonical form of a code', () => {
  it.each([
    ['  abc-1_2\t', 'ABC-1_2'],
    ['ＡＢＣ１２', 'ABC12'],
    ['ﬁne', 'FINE'],
    ['\u212Aey', 'KEY'],
    ['random1', 'RANDOM1'],
    ['a'.repeat(64), 'A'.repeat(64)],
  ])('of %j is %s', (text, code) => {
    expect(canonicalCode(text)).toEqual({ code });
  });

  it.each([
    ['', 'is empty'],
    [' \u00a0\u3000', 'is empty'],
    ['ab', 'is shorter than 3 characters'],
    ['a'.repeat(65), 'is longer than 64 characters'],
    ['\ufb03'.repeat(30), 'is longer than 64 characters'],
    ['\ufdfa'.repeat(5_000_000), 'is longer than 64 characters'],
    ['random', 'is the reserved word RANDOM'],
    ['ＲＡＮＤＯＭ', 'is the reserved word RANDOM'],
    ['straße', 'contains characters other than A-Z, 0-9, - and _'],
    ['kapı1', 'contains characters other than A-Z, 0-9, - and _'],
    ['a b c', 'contains characters other than A-Z, 0-9, - and _'],
    ['АВС', 'contains characters other than A-Z, 0-9, - and _'],
    ['abc\0', 'contains characters other than A-Z, 0-9, - and _'],
    ['=1+1', 'contains characters other than A-Z, 0-9, - and _'],
  ])('is refused for %.20j', (text, reason) => {
    expect(canonicalCode(text)).toEqual({ reason });
  });

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'aZ09-_ßıſKﬁＡ ﷺ\u0301\ud800') }),
  );

  it('is one that the database takes, or a reason', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const result = canonicalCode(text);
        if ('code' in result) expect(result.code).toMatch(CANONICAL);
        else expect(result.reason).not.toBe('');
      }),
    );
  });

  it('is its own canonical form, and the same for each spelling of a code', () => {
    const code = fc.stringMatching(CANONICAL).filter((text) => text !== 'RANDOM');
    fc.assert(
      fc.property(code, (text) => {
        for (const spelling of [text, text.toLowerCase(), ` ${text}\n`, toFullWidth(text)]) {
          expect(canonicalCode(spelling)).toEqual({ code: text });
        }
      }),
    );
  });
});

const toFullWidth = (text: string) =>
  [...text].map((character) => String.fromCodePoint(character.codePointAt(0)! + 0xfee0)).join('');
