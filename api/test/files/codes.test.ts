import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { codesOf, fixture } from '../support/files.ts';

const refusal = (file: string | Buffer, options = {}) =>
  codesOf(file, options).then(
    () => null,
    (error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      const { code, reason, values, extras, message } = error;
      return { code, reason, values, ...extras, detail: message } as Record<string, unknown>;
    },
  );

describe('files of codes that people have', () => {
  test.each<[string, string[], object]>([
    ['title-german', ['X-GUT-1', 'X-GUT-2'], { header: 'Gutschein', column: 1 }],
    ['second-column', ['X-ART-1', 'X-ART-2'], { header: 'Gutschein-Nr', delimiter: ';', column: 2 }],
    ['third-column', ['X-COD-1', 'X-COD-2'], { header: 'Código', column: 3 }],
    ['two-titles', ['X-TWO-1', 'X-TWO-2'], { header: 'Voucher Code', column: 2 }],
    ['decimal-comma', ['X-DEC-1', 'X-DEC-2'], { header: null, delimiter: ';', column: 1 }],
    ['comma-in-title', ['X-GRO-1', 'X-GRO-2'], { delimiter: ';' }],
    ['comma-in-names', ['X-NAM-1', 'X-NAM-2'], { delimiter: ';', column: 2 }],
    ['title-repeated', ['X-REP-1', 'X-REP-2'], { header: 'promo_code' }],
    ['on-one-line', ['X-ONE-1', 'X-ONE-2', 'X-ONE-3', 'X-ONE-4'], { column: null }],
    ['comments-above', ['X-COM-1', 'X-COM-2'], { headerLine: 3 }],
    ['title-line-above', ['X-TTL-1', 'X-TTL-2'], { headerLine: 3, column: 2 }],
    ['windows-1252', ['X-WIN-1', 'X-WIN-2'], { encoding: 'windows-1252', delimiter: ';' }],
    ['invisible-and-dashes', ['X-INV-1', 'X-INV-2', 'X-INV-3', 'X-INV-4'], { header: 'code' }],
    ['full-width-title', ['X-FUL-1'], { header: 'ｃｏｄｅ' }],
  ])('%s: every code is read, and how is said', async (name, codes, file) => {
    const read = await codesOf(fixture(`${name}.codes`));
    expect(read.codes).toEqual(codes);
    expect(read.file).toMatchObject(file);
  });

  test.each([
    ['title-repeated', [{ line: 3, reason: 'repeats-header' }]],
    [
      'comments-above',
      [
        { line: 1, reason: 'above-header' },
        { line: 2, reason: 'above-header' },
      ],
    ],
    ['title-line-above', [{ line: 1, reason: 'above-header' }]],
  ])('%s: what is skipped is said', async (name, skipped) => {
    const { rows } = await codesOf(fixture(`${name}.codes`));
    expect(rows.filter((row) => 'reason' in row)).toMatchObject(skipped);
  });

  test('no-known-title: refused with what was found, and read once the column is named', async () => {
    const file = fixture('no-known-title.codes');
    expect(await refusal(file)).toMatchObject({
      code: 'invalid-request',
      reason: 'several-columns',
      detail: expect.stringMatching(/1 \(Product, Garden\); 2 \(Number, 4711\).*`column=2`/),
    });
    for (const column of ['Number', ' number', '2']) {
      const header = column === '2' ? 'present' : 'auto';
      expect((await codesOf(file, { column, header })).codes).toEqual(['4711', '4712']);
    }
    expect(await refusal(file, { column: 'Size' })).toMatchObject({ reason: 'no-such-column' });
    expect(await refusal(file, { column: '3' })).toMatchObject({ reason: 'no-such-column' });
  });
});

describe('the column with the codes', () => {
  test.each([
    ['No;Valor;Código de descuento\n1;AAA;X-1\n', ['X-1']],
    ['Voucher;Code\nSpring;X-1\n', ['X-1']],
    ['Postal code,Gift card number\n28001,X-1\n', ['X-1']],
    ['Numéro de carte cadeau;Prix\nX-1;5,00\n', ['X-1']],
    ['Codice sconto|Note\nX-1|a\n', ['X-1']],
    ['Código do cupom\tNota\nX-1\ta\n', ['X-1']],
    ['Seriennummer;Wert\nX-1;5\n', ['X-1']],
    ['Code (einmalig);Wert\nX-1;5\n', ['X-1']],
    ['X-1;2026-11-01;EUR\nX-2;2026-11-02;EUR\n', ['X-1', 'X-2']],
    ['1,X-1,5.00\n2,X-2,6.00\n', ['X-1', 'X-2']],
    ['X-1;x@example.org\n;y@example.org\nX-2;z@example.org\nTotal;\n', ['X-1', 'X-2']],
    ['ABC-1,voucher\nABC-2,voucher\n', ['ABC-1', 'ABC-2']],
    [
      'Codes\nAB12-CD34,EF56-GH78\nIJ90-KL12,MN34-OP56\n',
      ['AB12-CD34', 'EF56-GH78', 'IJ90-KL12', 'MN34-OP56'],
    ],
    ['AB12-CD34\tEF56-GH78\n77IJ-KL12\t\n', ['AB12-CD34', 'EF56-GH78', '77IJ-KL12']],
    ['sep=|\ncode|note\nX-1|a\n', ['X-1']],
  ])('of %j', async (file, codes) => {
    expect((await codesOf(file)).codes).toEqual(codes);
  });

  test.each([
    ['Garden,Kitchen\nHouse,Tower\n', 'several-columns'],
    ['Voucher code,Promo code\nX-1,Y-1\n', 'several-columns'],
    ['1;5,00\n2;6,00\n', 'no-column'],
    ['no codes here\nnone here either\n', 'no-column'],
    ['Nummer\nX-1\nX-2\n', 'header-unclear'],
    ['ABC-1\ncode\nABC-2\n', 'header-unclear'],
    ['A-1,red;blue\nA-2,red;green\n', 'delimiter-unclear'],
    ['WELCOME,SUMMER,WINTER\n', 'several-columns'],
  ])('is asked for when it is not clear: %j', async (file, reason) => {
    expect(await refusal(file)).toMatchObject({ reason });
  });

  test('is what the caller says about the header', async () => {
    expect((await codesOf('Nummer\nX-1\n', { header: 'present' })).codes).toEqual(['X-1']);
    expect((await codesOf('SUMMER\nX-1\n', { header: 'absent' })).codes).toEqual(['SUMMER', 'X-1']);
    expect((await codesOf('CODE\nABC\n', { header: 'absent' })).codes).toEqual(['CODE', 'ABC']);
    expect((await codesOf('Batch\nCode\nX-1\n', { header: 'present' })).codes).toEqual(['X-1']);
  });
});

describe('rows that are no codes', () => {
  test.each([
    ['---', 'placeholder'],
    ['NULL', 'placeholder'],
    ['n-a', 'placeholder'],
    ['Total', 'total'],
    ['TOTAL: 500', 'total'],
    ['Summe', 'total'],
    ['Gutschein', 'title'],
    ['1.23E+12', 'number-shortened'],
    ['ab', 'too-short'],
    ['Random', 'reserved'],
    ['z'.repeat(70_000), 'row-too-long'],
    ['a b c', 'not-allowed'],
  ])('are refused with a reason: %.20j', async (text, reason) => {
    const { rows } = await codesOf(`code\nX-1\n${text}\n`, {}, 1000);
    expect(rows).toMatchObject([
      { line: 2, code: 'X-1' },
      { line: 3, reason },
    ]);
  });

  test('are told apart from those of a list', async () => {
    const { rows } = await codesOf(`${'AB12-CD34,EF56-GH78\n'.repeat(600)}AB12-CD34,SUMMER\n`, {}, 1000);
    expect(rows.at(-1)).toMatchObject({ line: 601, cell: 2, reason: 'unlike-others' });
  });
});

describe('the encoding', () => {
  test('is Windows-1252 when that shows at the end only, and then all of the file is read so', async () => {
    const file = Buffer.from(`code;note\n${'X-1;a\n'.repeat(20_000)}X-2;otoño\n`, 'latin1');
    const { file: readAs, rows } = await codesOf(file, {}, 65_536);
    expect([readAs.encoding, rows.length]).toEqual(['windows-1252', 20_001]);
  });

  test('of quotes and dashes of Windows is understood', async () => {
    const file = Buffer.from([
      ...Buffer.from('code\n'),
      0x93,
      ...Buffer.from('X'),
      0x96,
      ...Buffer.from('1'),
      0x94,
    ]);
    expect((await codesOf(file)).codes).toEqual(['X-1']);
  });

  test('is found without a byte order mark, and taken as it is named', async () => {
    for (const mark of ['', '\ufeff']) {
      const little = Buffer.from(`${mark}code\nX-1\n`, 'utf16le');
      expect((await codesOf(little)).file.encoding).toBe('utf-16le');
      const big = Buffer.from(`${mark}code\nX-1\n`, 'utf16le').swap16();
      expect((await codesOf(big, {}, 64)).file.encoding).toBe('utf-16be');
    }
    const { file } = await codesOf('code;ñ\nX-1;a\n', { encoding: 'windows-1252' });
    expect(file.encoding).toBe('windows-1252');
  });

  test('is asked for when a file is UTF-8 in parts only, so that no letter becomes another', async () => {
    const mixed = Buffer.concat([Buffer.from('code;otoño\nX-1;a\n'), Buffer.from('X-2;otoño\n', 'latin1')]);
    expect(await refusal(mixed)).toMatchObject({ code: 'unsupported-media-type', reason: 'mixed-encodings' });
  });

  test.each([
    ['PK\x03\x04', 'ZIP or XLSX'],
    ['%PDF-1.7', 'PDF'],
    ['<!DOCTYPE html><table>', 'HTML'],
    ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'XLS'],
    ['A\x01\x02\xff', 'binary'],
  ])('of what is no text is refused with a hint: %j', async (start, format) => {
    expect(await refusal(Buffer.from(`${start}\n`, 'latin1'))).toMatchObject({
      code: 'unsupported-media-type',
      reason: 'not-text',
      values: { format },
    });
  });
});
