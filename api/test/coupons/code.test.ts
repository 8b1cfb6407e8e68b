import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain, reasonBlanks } from '../../src/reasons.ts';
import { canonicalCode } from '../../src/modules/coupons/code.ts';

const CANONICAL = /^[A-Z0-9_-]{3,64}$/;

describe('the canonical form of a code', () => {
  test.each([
    ['  abc-1_2\t', 'ABC-1_2'],
    ['ＡＢＣ１２', 'ABC12'],
    ['ﬁne', 'FINE'],
    ['\u212Aey', 'KEY'],
    ['random1', 'RANDOM1'],
    ['a'.repeat(64), 'A'.repeat(64)],
    ['X-INV-1\u200b', 'X-INV-1'],
    ['\u200eX-INV-2\u00ad\ufe0f', 'X-INV-2'],
    ['X‑INV–3—4−5', 'X-INV-3-4-5'],
    ['“X-INV-4”', 'X-INV-4'],
    [' «abc-1».', 'ABC-1'],
    ["'-X-1", '-X-1'],
    ['="0012"', '0012'],
    ['ABC-1, ', 'ABC-1'],
  ])('of %j is %s', (text, code) => {
    expect(canonicalCode(text)).toEqual({ code });
  });

  test.each([
    ['', 'empty'],
    [' \u00a0\u3000', 'empty'],
    ['\u200b', 'empty'],
    ['""', 'empty'],
    ['ab', 'too-short'],
    ['a'.repeat(65), 'too-long'],
    ['\ufb03'.repeat(30), 'too-long'],
    ['\ufdfa'.repeat(5_000_000), 'too-long'],
    ['random', 'reserved'],
    ['ＲＡＮＤＯＭ', 'reserved'],
    ['5.1E+12', 'number-shortened'],
  ])('is refused for %.20j: %s', (text, reason) => {
    expect(canonicalCode(text)).toMatchObject({ reason });
  });

  test.each([
    ['straße', 'ß'],
    ['kapı1', 'ı'],
    ['a b c', 'space'],
    ['АВС', 'А В С'],
    ['abc\0', 'U+0000'],
    ['=1+1', '= +'],
  ])('of %j is refused, naming what is not allowed: %s', (text, characters) => {
    expect(canonicalCode(text)).toEqual({ reason: 'not-allowed', values: { characters } });
  });

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'aZ09-_ßıſKﬁＡ ﷺ\u0301\ud800') }),
  );

  test('is one that the database takes, or a reason', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const result = canonicalCode(text);
        if ('code' in result) {
          expect(result.code).toMatch(CANONICAL);
          return;
        }
        const { reason, values, detail } = explain(result);
        expect(detail).not.toBe('');
        // What its words need. Braces in them say nothing: they may be the characters that it names.
        expect(Object.keys(values)).toEqual(expect.arrayContaining(reasonBlanks[reason]));
      }),
    );
  });

  test('is its own canonical form, and the same for each spelling of a code', () => {
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
