import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CsvRow, csvReader, type Delimiter, MAX_ROW_LENGTH } from '../../src/files/csv.ts';

const read = (text: string, delimiter: Delimiter = ','): CsvRow[] => [...csvReader(delimiter)(text, true)];

/** Cuts a text in pieces of these sizes, over and over. */
function readInPieces(text: string, sizes: readonly number[], delimiter: Delimiter): CsvRow[] {
  const reader = csvReader(delimiter);
  const rows: CsvRow[] = [];
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    rows.push(...reader(text.slice(at, at + size), false));
    at += size;
  }
  return [...rows, ...reader('', true)];
}

describe('CSV', () => {
  const delimiter = fc.constantFrom<Delimiter>(',', ';', '\t', '|');
  const cell = fc.string({ unit: fc.constantFrom(...'aB1 ,;\t"\r\n') });
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

  test('gives back the cells it was written from, with their lines, however it is cut', () => {
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(table, delimiter, lineEnd, sizes, (rows, by, end, pieces) => {
        const text = rows
          .map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(by))
          .join(end);
        const linesWithin = (cells: string[]) => cells.join(' ').split(/\r\n|\r|\n/).length;
        const expected = rows.map((cells, index) => ({
          line: rows.slice(0, index).reduce((line, before) => line + linesWithin(before), 1),
          cells,
        }));
        expect(readInPieces(text, pieces, by)).toEqual(expected);
        expect(read(text + end, by)).toEqual(expected);
      }),
    );
  });

  test('reads any text the same, however it is cut, and each line at most once', () => {
    fc.assert(
      fc.property(cell, cell, delimiter, sizes, (head, tail, by, pieces) => {
        const text = head + tail;
        const rows = read(text, by);
        expect(readInPieces(text, pieces, by)).toEqual(rows);
        const lines = rows.map(({ line }) => line);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
      }),
    );
  });

  test('takes a quote inside a cell as it is, spaces around quotes, and doubled quotes', () => {
    expect(read('A,5" nail\n "B" , "say ""hi""" \n')).toEqual([
      { line: 1, cells: ['A', '5" nail'] },
      { line: 2, cells: ['B', 'say "hi"'] },
    ]);
  });

  test('loses only the line with a quote that is never closed', () => {
    expect(read('AAA\n"BBB\nCCC\nDDD')).toEqual([
      { line: 1, cells: ['AAA'] },
      { line: 2, fault: { reason: 'open-quote' } },
      { line: 3, cells: ['CCC'] },
      { line: 4, cells: ['DDD'] },
    ]);
    const far = `"BBB\r\n${'CCC\r\n'.repeat(50_000)}`;
    const rows = readInPieces(far, [MAX_ROW_LENGTH], ',');
    expect(rows[0]).toEqual({ line: 1, fault: { reason: 'open-quote' } });
    expect(rows.slice(1).every((row) => 'cells' in row)).toBe(true);
    expect(rows).toHaveLength(50_001);
  });

  test('loses only the line with text after a closing quote', () => {
    expect(read('"AA"A\nBBB\n')).toEqual([
      { line: 1, fault: { reason: 'after-quote' } },
      { line: 2, cells: ['BBB'] },
    ]);
  });

  test.each(['x', '"', '""', '",'])('skips a line of 10 MB made of %s without keeping it', (part) => {
    const reader = csvReader(',');
    const rows: CsvRow[] = [...reader('AAA\r', false)];
    const piece = part.repeat(MAX_ROW_LENGTH / part.length);
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 160; n += 1) rows.push(...reader(piece, false));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
    rows.push(...reader('\r\nBBB', true));
    expect(rows[0]).toEqual({ line: 1, cells: ['AAA'] });
    expect(rows).toContainEqual({ line: 2, fault: expect.objectContaining({ reason: expect.any(String) }) });
    expect(rows.at(-1)).toEqual({ line: 3, cells: ['BBB'] });
  });
});
