import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CsvRow,
  csvReader,
  type Delimiter,
  detectDelimiter,
  MAX_ROW_LENGTH,
} from '../src/modules/codes/csv.ts';
import { type CodeRow, readCodes } from '../src/modules/codes/read-codes.ts';

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
  const delimiter = fc.constantFrom<Delimiter>(',', ';', '\t');
  const cell = fc.string({ unit: fc.constantFrom(...'aB1 ,;\t"\r\n') });
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

  it('gives back the cells it was written from, with their lines, however it is cut', () => {
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

  it('reads any text the same, however it is cut, and each line at most once', () => {
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

  it('takes a quote inside a cell as it is, spaces around quotes, and doubled quotes', () => {
    expect(read('A,5" nail\n "B" , "say ""hi""" \n')).toEqual([
      { line: 1, cells: ['A', '5" nail'] },
      { line: 2, cells: ['B', 'say "hi"'] },
    ]);
  });

  it('loses only the line with a quote that is never closed', () => {
    expect(read('AAA\n"BBB\nCCC\nDDD')).toEqual([
      { line: 1, cells: ['AAA'] },
      { line: 2, fault: 'has a quote that is not closed' },
      { line: 3, cells: ['CCC'] },
      { line: 4, cells: ['DDD'] },
    ]);
    const far = `"BBB\r\n${'CCC\r\n'.repeat(50_000)}`;
    const rows = readInPieces(far, [MAX_ROW_LENGTH], ',');
    expect(rows[0]).toEqual({ line: 1, fault: 'has a quote that is not closed' });
    expect(rows.slice(1).every((row) => 'cells' in row)).toBe(true);
    expect(rows).toHaveLength(50_001);
  });

  it('loses only the line with text after a closing quote', () => {
    expect(read('"AA"A\nBBB\n')).toEqual([
      { line: 1, fault: 'has text after a closing quote' },
      { line: 2, cells: ['BBB'] },
    ]);
  });

  it.each(['x', '"', '""', '",'])('skips a line of 10 MB made of %s without keeping it', (part) => {
    const reader = csvReader(',');
    const rows: CsvRow[] = [...reader('AAA\r', false)];
    const piece = part.repeat(MAX_ROW_LENGTH / part.length);
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 160; n += 1) rows.push(...reader(piece, false));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
    rows.push(...reader('\r\nBBB', true));
    expect(rows[0]).toEqual({ line: 1, cells: ['AAA'] });
    expect(rows).toContainEqual({ line: 2, fault: expect.any(String) });
    expect(rows.at(-1)).toEqual({ line: 3, cells: ['BBB'] });
  });
});

describe('the delimiter', () => {
  it.each<[string, Delimiter]>([
    ['', ','],
    ['ABC\nDEF\n', ','],
    ['code,name\nABC,x\n', ','],
    ['code;name\nABC;x\n', ';'],
    ['code\tname\nABC\tx\n', '\t'],
    ['code;text\nABC;"Hello, world"\nDEF;Hi, there\nGHI;a, b, c\n', ';'],
    ['code,price;eur\nABC,1\nDEF,2\n', ','],
    ['name;code;date\nx;ABC;1,5\ny;DEF;2,5\n', ';'],
    ['sep=;\ncode;a\nA,A;1\n', ';'],
    ['"code";"a"\r"ABC";"1"\r', ';'],
    ['ABC\n\n\nDEF;\n', ';'],
  ])('of %j is %j', (head, delimiter) => {
    expect(detectDelimiter(head)).toBe(delimiter);
  });
});

const ENCODINGS = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with BOM': (text: string) => Buffer.from(`\ufeff${text}`),
  'UTF-16LE with BOM': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16BE with BOM': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};

async function codesOf(bytes: Buffer, header: 'auto' | 'present' | 'absent' = 'auto') {
  let name: string | null = null;
  const rows: CodeRow[] = [];
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  })();
  for await (const some of readCodes(chunks, header, (found) => (name = found))) rows.push(...some);
  return { header: name, rows };
}

describe('a file of codes', () => {
  for (const [encoding, encode] of Object.entries(ENCODINGS)) {
    for (const delimiter of [',', ';', '\t']) {
      for (const end of ['\n', '\r\n', '\r']) {
        for (const quote of ['', '"']) {
          for (const header of [null, ['code', 'note'], ['note', 'Code ']]) {
            const how = `${encoding}, ${JSON.stringify(delimiter + end)}, ${quote || 'no'} quotes, ${header?.join() ?? 'no header'}`;
            it(`is read alike: ${how}`, async () => {
              const swap = header?.[0] === 'note';
              const data = [
                ['abc-1', 'größe'],
                ['DEF_2', ''],
              ].map((cells) => (swap ? cells.reverse() : cells));
              const table = [...(header ? [header] : []), ...data];
              const lines = table.map((cells) => cells.map((cell) => quote + cell + quote).join(delimiter));
              const first = header ? 2 : 1;
              expect(
                await codesOf(encode(`${lines[0]}${end}${lines.slice(1).join(end + end)}${end}`)),
              ).toEqual({
                header: header ? header.find((cell) => /code/i.test(cell))!.trim() : null,
                rows: header
                  ? [
                      { line: first, code: 'ABC-1' },
                      { line: first + 2, code: 'DEF_2' },
                    ]
                  : [
                      { line: 1, code: 'ABC-1' },
                      { line: 2, code: 'DEF_2' },
                    ],
              });
            });
          }
        }
      }
    }
  }

  it.each(['codes', 'Coupon Code', 'voucher-code', 'PROMO_CODE'])('has a header called %s', async (name) => {
    expect(await codesOf(Buffer.from(`${name}\nABC\n`))).toEqual({
      header: name,
      rows: [{ line: 2, code: 'ABC' }],
    });
  });

  it('takes a first row that names no column of codes for data, unless the caller knows better', async () => {
    const file = Buffer.from('Nummer,Wert\nABC,1\n');
    expect((await codesOf(file)).rows).toEqual([
      { line: 1, code: 'NUMMER' },
      { line: 2, code: 'ABC' },
    ]);
    expect(await codesOf(file, 'present')).toEqual({ header: 'Nummer', rows: [{ line: 2, code: 'ABC' }] });
    expect((await codesOf(Buffer.from('CODE\nABC\n'), 'absent')).rows).toHaveLength(2);
  });

  it('passes over blank rows and the line that names the delimiter', async () => {
    expect(await codesOf(Buffer.from('\n;;\nsep=;\n \ncode;x\n\n;;\nABC;1\n  ; \n'))).toEqual({
      header: 'code',
      rows: [{ line: 8, code: 'ABC' }],
    });
  });

  it('tells of each bad row where it is and what is wrong', async () => {
    const { rows } = await codesOf(
      Buffer.from(`code,x\nab,1\n,2\n"a b c",3\n${'z'.repeat(70_000)}\nRandom\nOK1\n`),
    );
    expect(rows).toEqual([
      { line: 2, text: 'ab', reason: 'is shorter than 3 characters' },
      { line: 3, text: '', reason: 'is empty' },
      { line: 4, text: 'a b c', reason: 'contains characters other than A-Z, 0-9, - and _' },
      { line: 5, text: '', reason: 'is longer than 65536 characters' },
      { line: 6, text: 'Random', reason: 'is the reserved word RANDOM' },
      { line: 7, code: 'OK1' },
    ]);
  });
});
