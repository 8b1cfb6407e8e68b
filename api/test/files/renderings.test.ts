import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { codesOf } from '../support/files.ts';

const TITLES = [
  'code',
  'Voucher code',
  'Código',
  'Gutscheincode',
  'Code promo',
  'Codice sconto',
  'Código do cupom',
  'COUPON_CODE',
  'Gift card',
  'ｃｏｄｅ',
];
const JUNK = ['# exported 2026-11-01', 'Supplier Ltd, batch 7', 'Lieferung Nr. 7 für März', '2 codes'];
const NOTES = ['', 'spring', 'Doe, Ann', '5,00', 'a; b', 'say "hi"', 'otoño', 'two\nlines'];

const ENCODE: Record<string, (text: string) => Buffer> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-8 with a mark': (text) => Buffer.from(`\ufeff${text}`),
  'utf-16le': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16le without a mark': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'windows-1252': (text) => Buffer.from(text, 'latin1'),
};

const rendering = fc.record({
  rows: fc.array(
    fc.record({ code: fc.stringMatching(/^[A-Z]{2,6}-[0-9]{2,6}$/), note: fc.constantFrom(...NOTES) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  ),
  title: fc.constantFrom(null, ...TITLES),
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quoting: fc.constantFrom('all', 'needed'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  encoding: fc.constantFrom(...Object.keys(ENCODE)),
  junk: fc.array(fc.constantFrom(...JUNK), { maxLength: 2 }),
  first: fc.boolean(),
  notes: fc.boolean(),
  sep: fc.boolean(),
  joined: fc.boolean(),
  lower: fc.boolean(),
  blanks: fc.nat({ max: 3 }),
  pieceBytes: fc.integer({ min: 1, max: 200 }),
});
type Rendering = typeof rendering extends fc.Arbitrary<infer T> ? T : never;

function render(r: Rendering): Buffer {
  const cell = (text: string) => {
    const needs = r.quoting === 'all' || /[",;\t|\n]/.test(text);
    return needs ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const line = (code: string, note: string) =>
    (r.notes ? (r.first ? [code, note] : [note, code]) : [code]).map(cell).join(r.delimiter);
  const lines = [
    ...r.junk,
    ...(r.title === null ? [] : [line(r.title, 'Nota')]),
    ...r.rows.map(({ code, note }) => line(r.lower ? code.toLowerCase() : code, note)),
  ];
  const top = r.sep ? [`sep=${r.delimiter}`] : [];
  const all = [...top, ...lines, ...(r.joined && r.title !== null ? lines.slice(r.junk.length) : [])];
  const text = all.join(r.lineEnd) + r.lineEnd.repeat(r.blanks);
  const isLatin1 = r.title !== 'ｃｏｄｅ';
  return ENCODE[r.encoding === 'windows-1252' && !isLatin1 ? 'utf-8' : r.encoding]!(text);
}

describe('every way to write the same rows', () => {
  test('is read the same, or refused with a reason; no row is ignored', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(rendering, async (r) => {
        const times = r.joined && r.title !== null ? 2 : 1;
        const expected = Array.from({ length: times }, () => r.rows.map(({ code }) => code)).flat();
        try {
          const { codes, rows } = await codesOf(render(r), {}, r.pieceBytes);
          const reasons = rows.filter((row) => 'reason' in row);
          // What is not read is said, row by row: the lines above a table without a title, say.
          if (codes.length !== expected.length)
            expect(codes.length + reasons.length).toBeGreaterThanOrEqual(expected.length);
          expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
          expect(codes).toEqual(expected);
          read += 1;
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          expect(error.reason).not.toBe(error.code);
          expect(error.message).not.toMatch(/[{}]|undefined/);
          // With a title that is known, and no line above that could be a code, nothing is left open.
          expect(r.title).toBe(null);
        }
      }),
      {
        numRuns: 600,
        examples: [
          // A line above two columns that could both be the codes: the second was read, since the line made the first unfit.
          [
            {
              ...{ rows: [{ code: 'AA-00', note: 'spring' }], title: null, delimiter: ',', quoting: 'all' },
              ...{
                lineEnd: '\n',
                encoding: 'utf-8',
                junk: ['# exported 2026-11-01'],
                first: true,
                notes: true,
              },
              ...{ sep: false, joined: false, lower: false, blanks: 0, pieceBytes: 1 },
            },
          ],
        ],
      },
    );
    expect(read).toBeGreaterThan(300);
  });
});
