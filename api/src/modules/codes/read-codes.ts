import { canonicalCode } from './code.ts';
import { type CsvRow, csvReader, detectDelimiter } from './csv.ts';
import { decodeText } from './decode.ts';

/** A row with a code, or without and why. `text` is what stands where the code should, cut short. */
export type CodeRow = { line: number; code: string } | { line: number; text: string; reason: string };

/** How much text tells the delimiter, unless the file is shorter. */
const HEAD_LENGTH = 32_768;
const SHOWN_LENGTH = 80;

/** What the column with the codes may be called, without regard to case, spaces, hyphens and underscores. */
const CODE_COLUMNS = new Set([
  'code',
  'codes',
  'coupon',
  'couponcode',
  'voucher',
  'vouchercode',
  'promocode',
]);

/**
 * Reads a file of codes, some rows at a time; blank rows are passed over. The first row is a header when it has a cell that
 * is called like a column of codes (`auto`), or when the caller says so; otherwise it is data, and an unknown title is reported like
 * any other row that is no code. The codes are in that column, or in the first. Other columns are ignored.
 * @param onHeader told the name of the column when there is a header
 */
export async function* readCodes(
  chunks: AsyncIterable<Buffer>,
  header: 'auto' | 'present' | 'absent',
  onHeader: (name: string) => void,
): AsyncGenerator<Iterable<CodeRow>> {
  let column = 0;
  let atTop = true;

  /** Whether the row is no data; also finds the column. */
  const isHeader = (cells: readonly string[]): boolean => {
    if (/^sep=/i.test(cells[0]!)) return true; // Excel's way to name the delimiter; the header may follow
    atTop = false;
    if (header === 'absent') return false;
    const names = cells.map((cell) =>
      cell
        .trim()
        .toLowerCase()
        .replace(/[\s_-]/g, ''),
    );
    const found = names.includes('code')
      ? names.indexOf('code')
      : names.findIndex((name) => CODE_COLUMNS.has(name));
    if (found === -1 && header === 'auto') return false;
    column = Math.max(found, 0);
    onHeader(shown(cells[column]!.trim()));
    return true;
  };

  function* toCodes(rows: Iterable<CsvRow>): Generator<CodeRow> {
    for (const row of rows) {
      if ('fault' in row) {
        yield { line: row.line, text: '', reason: row.fault };
      } else if (!isBlank(row.cells) && !(atTop && isHeader(row.cells))) {
        const text = row.cells[column] ?? '';
        const result = canonicalCode(text);
        if ('code' in result) yield { line: row.line, code: result.code };
        else yield { line: row.line, text: shown(text), reason: result.reason };
      }
    }
  }

  let read: ReturnType<typeof csvReader> | undefined;
  let text = '';
  for await (const piece of decodeText(chunks)) {
    text += piece;
    if (!read && text.length < HEAD_LENGTH) continue;
    read ??= csvReader(detectDelimiter(text));
    yield toCodes(read(text, false));
    text = '';
  }
  read ??= csvReader(detectDelimiter(text));
  yield toCodes(read(text, true));
}

const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');

const shown = (text: string) => text.slice(0, SHOWN_LENGTH).toWellFormed();
