import { foldTitle } from './characters.ts';
import { type CsvRow, csvReader } from './csv.ts';
import { type Encoding, inItsEncoding, type Source } from './encoding.ts';
import type { Found, Layout } from './describe.ts';
import { findLayout } from './layout.ts';
import type { PlainReason } from '../reasons.ts';
import { isBlank, isSepLine } from './sample.ts';
import type { LayoutOptions, Sought } from './sought.ts';

/** One row of a table with content. `skipped`: it is no data, and why. */
export type TableRow = CsvRow | { line: number; cells: string[]; skipped: PlainReason };

export interface ReadOptions extends LayoutOptions {
  encoding: Encoding | 'auto';
}

/** How much text tells the layout, unless the file is shorter. */
const HEAD_LENGTH = 65_536;

/**
 * Reads a file from its first byte to its last: how it is written is found out from its head, then `read` gets its rows. When it turns
 * out only later that the text is not UTF-8, `read` is called once more, from the start.
 * @throws {Problem} unsupported-media-type for what is no text; invalid-request, with what was found, when it is not clear what to read
 */
export function readFile<T>(
  source: Source,
  sought: Sought,
  options: ReadOptions,
  read: (file: { layout: Layout; found: Found }, rows: AsyncIterable<Iterable<TableRow>>) => Promise<T>,
): Promise<T> {
  const wanted = options.encoding === 'auto' ? undefined : options.encoding;
  return inItsEncoding(source, wanted, async (text, encoding) => {
    const pieces: AsyncIterator<string, unknown> = text[Symbol.asyncIterator]();
    let head = '';
    let ended = false;
    while (!ended && head.length < HEAD_LENGTH) {
      const next = await pieces.next();
      if (next.done) ended = true;
      else head += next.value;
    }
    const whole = ended ? head : head.slice(0, Math.max(head.lastIndexOf('\n'), head.lastIndexOf('\r')) + 1);
    const file = findLayout(whole || head, encoding, sought, options);
    const rest = { [Symbol.asyncIterator]: () => pieces };
    return read(file, readTable(withHead(head, ended ? [] : rest), file.layout));
  });
}

async function* withHead(
  head: string,
  rest: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<string> {
  yield head;
  yield* rest;
}

/** The rows of a table, some at a time; blank rows are passed over. */
export async function* readTable(
  text: AsyncIterable<string>,
  layout: Layout,
): AsyncGenerator<Iterable<TableRow>> {
  const read = layout.column === 'lines' ? lineReader() : csvReader(layout.delimiter ?? ',');
  const isHeader = titleTest(layout);
  function* rowsOf(rows: Iterable<CsvRow>): Generator<TableRow> {
    for (const row of rows) {
      if ('fault' in row) {
        yield row;
      } else if (layout.headerLine !== null && row.line <= layout.headerLine) {
        if (row.line < layout.headerLine && !isBlank(row.cells) && !isSepLine(row.cells)) {
          yield { ...row, skipped: 'above-header' };
        }
      } else if (isHeader(row.cells)) {
        yield { ...row, skipped: 'repeats-header' };
      } else if (!isBlank(row.cells) && !isSepLine(row.cells)) {
        yield row;
      }
    }
  }
  for await (const piece of text) yield rowsOf(read(piece, false));
  yield rowsOf(read('', true));
}

/** A letter or a digit; anything else may be folded away. */
const isPlain = (letter: number) =>
  (letter > 0x2f && letter < 0x3a) || (letter > 0x40 && letter < 0x5b) || (letter > 0x60 && letter < 0x7b);
const differsAt = (letter: number, ofTitle: number) =>
  isPlain(letter) && (letter | 0x20) !== (ofTitle | 0x20);

/** Whether a row says the same as the header: files that were joined have several. */
function titleTest({ header, column }: Layout): (cells: readonly string[]) => boolean {
  if (!header) return () => false;
  const titles = header.map(foldTitle);
  const place = typeof column === 'number' && titles[column] ? column : titles.findIndex(Boolean);
  const title = titles[place] ?? '';
  const [first, second] = [title.charCodeAt(0), title.charCodeAt(1)];
  return (cells) => {
    const cell = cells[place];
    // Nearly all rows are told apart by their first letter, or the next.
    if (
      !cell ||
      differsAt(cell.charCodeAt(0), first) ||
      (isPlain(cell.charCodeAt(0)) && differsAt(cell.charCodeAt(1), second))
    ) {
      return false;
    }
    return foldTitle(cell) === title && titles.every((one, index) => foldTitle(cells[index] ?? '') === one);
  };
}

/** Each line as one cell, whatever is in it. */
function lineReader(): (piece: string, last: boolean) => Generator<CsvRow> {
  let rest = '';
  let line = 1;
  return function* read(piece, last) {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = last ? '' : lines.pop()!;
    for (const text of lines) {
      yield { line, cells: [text.replace(/\r$/, '')] };
      line += 1;
    }
  };
}
