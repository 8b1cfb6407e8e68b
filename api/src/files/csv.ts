import type { Why } from '../reasons.ts';

/** One row of a file: its cells, or why it cannot be read. `line` counts from 1 and is where the row starts. */
export type CsvRow = { line: number; cells: string[] } | { line: number; fault: Why };

/** The comma is the last: it stands in numbers, names and texts too. */
export const DELIMITERS = [';', '\t', '|', ','] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Longest row, in characters. What is longer is skipped to its end without being kept. */
export const MAX_ROW_LENGTH = 65_536;

/**
 * Reads CSV piece by piece in constant memory: CRLF, LF and CR end a row, also mixed; a cell in quotes may hold delimiters, line
 * ends and doubled quotes. The last piece says so.
 *
 * A quote that is never closed would swallow the rest of the file. Here it costs its own line: reading goes on at the next one.
 * csv-parse cannot be resumed like that, and takes four times as long.
 */
export function csvReader(delimiter: Delimiter): (piece: string, last: boolean) => Generator<CsvRow> {
  let rest = '';
  let line = 1;
  /** Inside a row that is being skipped. */
  let skipping = false;

  return function* read(piece, last) {
    const text = rest + piece;
    const ends = lineEnds(text, last);
    const nextQuote = finder(text, '"');
    let at = 0;
    rest = '';

    const toNextLine = (end: number) => {
      at = end + lengthOfLineEnd(text, end);
      line += 1;
    };

    while (at < text.length) {
      const end = ends(at);
      if (skipping) {
        skipping = end === undefined;
        if (end === undefined) break;
        toNextLine(end);
      } else if (nextQuote(at) < (end ?? text.length)) {
        const row = readQuoted(text, at, delimiter, last);
        if (row === 'more' && !last && text.length - at <= MAX_ROW_LENGTH) break;
        if (typeof row === 'object') {
          yield { line, cells: row.cells };
          line += row.innerLines;
          toNextLine(row.end);
        } else {
          yield {
            line,
            fault: { reason: row === 'more' ? 'open-quote' : 'after-quote' },
          };
          if (end === undefined) skipping = true;
          else toNextLine(end);
        }
      } else if ((end ?? text.length) - at > MAX_ROW_LENGTH) {
        yield { line, fault: { reason: 'row-too-long', values: { max: MAX_ROW_LENGTH } } };
        skipping = true;
      } else if (end === undefined) {
        break;
      } else {
        yield { line, cells: text.slice(at, end).split(delimiter) };
        toNextLine(end);
      }
    }
    if (at >= text.length) return;
    // Of a row that is being skipped only a CR counts: an LF may follow it.
    rest = skipping ? (text.endsWith('\r') ? '\r' : '') : text.slice(at);
  };
}

/** The row at `at`, which holds a quote; `more` when the text ends before the row does. */
function readQuoted(
  text: string,
  at: number,
  delimiter: string,
  last: boolean,
): { cells: string[]; end: number; innerLines: number } | 'more' | 'garbage' {
  const cells: string[] = [];
  let innerLines = 0;
  for (let i = at; ; i += 1) {
    const start = i;
    while (text[i] === ' ') i += 1;
    if (text[i] === '"') {
      let cell = '';
      for (i += 1; ; i += 2) {
        const quote = text.indexOf('"', i);
        if (quote === -1 || quote - at > MAX_ROW_LENGTH) return 'more';
        cell += text.slice(i, quote);
        i = quote;
        if (text[i + 1] !== '"') break;
        cell += '"';
      }
      i += 1;
      while (text[i] === ' ') i += 1;
      if (i < text.length && text[i] !== delimiter && !isLineEnd(text[i])) return 'garbage';
      innerLines += cell.match(/\r\n|\r|\n/g)?.length ?? 0;
      cells.push(cell);
    } else {
      while (i < text.length && text[i] !== delimiter && !isLineEnd(text[i])) i += 1;
      cells.push(text.slice(start, i));
    }
    if (text[i] === delimiter) continue;
    // An LF may follow a CR, and a second quote the one that looked like the closing one.
    const unsure = i >= text.length || (text[i] === '\r' && i + 1 === text.length);
    return unsure && !last ? 'more' : { cells, end: i, innerLines };
  }
}

const isLineEnd = (character: string | undefined) => character === '\n' || character === '\r';

const lengthOfLineEnd = (text: string, at: number) => (text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1);

/** Where the line that holds a position ends; undefined when that is in a later piece. */
function lineEnds(text: string, last: boolean): (from: number) => number | undefined {
  const nextLf = finder(text, '\n');
  const nextCr = finder(text, '\r');
  return (from) => {
    const end = Math.min(nextLf(from), nextCr(from));
    const unsure = end === Infinity || (text[end] === '\r' && end + 1 === text.length);
    if (unsure && !last) return undefined;
    return Math.min(end, text.length);
  };
}

/** `text.indexOf(what, from)` for growing `from`, Infinity for none; each character is looked at once. */
function finder(text: string, what: string): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found < from) {
      found = text.indexOf(what, from);
      if (found === -1) found = Infinity;
    }
    return found;
  };
}
