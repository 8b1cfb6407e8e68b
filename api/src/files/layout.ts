import { foldTitle } from './characters.ts';
import { type CsvRow, csvReader, type Delimiter, DELIMITERS } from './csv.ts';
import type { Encoding } from './encoding.ts';
import type { FileReason, ReasonValues } from './reasons.ts';
import { refuseFile } from './refuse.ts';
import type { TitleScore } from './titles.ts';

/** What a file is read for. */
export interface Sought {
  what: 'codes' | 'e-mails';
  titleScore: TitleScore;
  /** Whether a cell can be one; undefined: it says nothing, such as a blank one. */
  fits: (cell: string) => boolean | undefined;
  /** The looks that all cells share when each is one: then all are read. */
  lookOf: (cells: readonly string[]) => string | null;
  /** Whether each line is a list with a way of its own to write it, such as `"Doe, Ann" <ann@example.org>; …`. */
  isListOfLines?: (lines: readonly string[]) => boolean;
}

/** How the caller says the file is to be read. */
export interface LayoutOptions {
  /** Title or number, from 1. */
  column?: string;
  header: 'auto' | 'present' | 'absent';
}

/** How a file is read. It is kept with the job, so that both passes read the same. */
export interface Layout {
  encoding: Encoding;
  /** Null: no line of the file's head is cut. */
  delimiter: Delimiter | null;
  headerLine: number | null;
  header: string[] | null;
  /** From 0; `cells`: every cell is read, `lines`: every line. */
  column: number | 'cells' | 'lines';
  /** Of every cell, for `cells`. */
  look?: string;
}

/** What was seen of a file, for somebody who has to say how it is to be read. */
export interface Found {
  encoding: Encoding;
  delimiter: Delimiter | null;
  columns: { number: number; title: string | null; examples: string[]; fits: boolean }[];
  rows: string[][];
}

/** How a file was read, for whoever sent it. */
export interface ReadAs {
  encoding: Encoding;
  /** Null: nothing in the file's first lines is between cells. */
  delimiter: Delimiter | null;
  /** Title of the column that was read; null: it has none. */
  header: string | null;
  /** Where the header is; null: there is none. */
  headerLine: number | null;
  /** The column that was read, from 1; null: all cells, or all lines. */
  column: number | null;
}

export const describeLayout = ({ encoding, delimiter, header, headerLine, column }: Layout): ReadAs => ({
  encoding,
  delimiter,
  header: (typeof column === 'number' ? header?.[column] : header?.find(Boolean)) || null,
  headerLine,
  column: typeof column === 'number' ? column + 1 : null,
});

const SAMPLE_ROWS = 500;
const HEADER_ROWS = 50;
const SHOWN_COLUMNS = 50;
const SHOWN_ROWS = 10;
const SHOWN_LENGTH = 80;
/** Columns of a row that are looked at. */
const MOST_COLUMNS = 1_000;

interface Row {
  line: number;
  cells: string[];
}
interface Sample {
  delimiter: Delimiter;
  rows: Row[];
  header: { index: number; columns: number[]; score: number } | null;
  width: number;
  /** Rows of that width. */
  share: number;
}

export const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');
export const shown = (text: string) => text.trim().slice(0, SHOWN_LENGTH).toWellFormed();

/** Excel's way to name the delimiter. */
const SEP_LINE = /^\ufeff?\s*"?sep=(.)"?[;,\t|]*\s*$/i;
export function isSepLine(cells: readonly string[]): boolean {
  const first = cells[0]!;
  return (
    first.length < 20 && first.includes('=') && /^\ufeff?\s*"?sep=/i.test(first) && isBlank(cells.slice(1))
  );
}

/**
 * Finds out how a file is cut, where its header is and which column is sought. A wrong guess is worse than a question: when nothing
 * or too much fits, the file is refused with what was found.
 * @param head its beginning, in whole lines
 * @throws {Problem} invalid-request
 */
export function findLayout(
  head: string,
  encoding: Encoding,
  sought: Sought,
  options: LayoutOptions,
): { layout: Layout; found: Found } {
  const samples = takeSamples(head, sought, options);
  const sample = samples[0]!;
  const { rows } = sample;
  const isList = !sample.header && options.column === undefined && options.header !== 'present';
  if (isList && sought.isListOfLines) {
    const lines = head.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
    if (sought.isListOfLines(lines)) {
      const found: Found = {
        encoding,
        delimiter: null,
        columns: [],
        rows: lines.slice(0, SHOWN_ROWS).map((line) => [shown(line)]),
      };
      return {
        layout: { encoding, delimiter: null, headerLine: null, header: null, column: 'lines' },
        found,
      };
    }
  }
  const delimiter = rows.some(({ cells }) => cells.length > 1) ? sample.delimiter : null;
  const headerIndex = indexOfHeader(sample, options);
  const found = describe(encoding, delimiter, sample, headerIndex, sought);
  const refuse = (reason: FileReason, values: ReasonValues = {}): never =>
    refuseFile(
      'invalid-request',
      reason,
      { what: sought.what, found: nameColumns(found.columns), ...values },
      found,
    );
  if (rows.length === 0) refuse('no-rows');

  const header = headerIndex === null ? null : rows[headerIndex]!;
  const body = headerIndex === null ? rows : rows.slice(headerIndex + 1);
  const column = findColumn({ samples, body, header, found, sought, options, refuse });
  if (options.header === 'auto') refuseUnclearHeader({ rows, headerIndex, column, sought, refuse });
  const layout: Layout = {
    encoding,
    delimiter,
    headerLine: header?.line ?? null,
    header: header?.cells.slice(0, SHOWN_COLUMNS).map(shown) ?? null,
    column: typeof column === 'number' ? column : 'cells',
  };
  return { layout: typeof column === 'number' ? layout : { ...layout, look: column }, found };
}

/** The file cut by each delimiter, the likeliest first. */
function takeSamples(head: string, sought: Sought, options: LayoutOptions): Sample[] {
  const firstLine = /^(?:\s*\n)*([^\r\n]*)/.exec(head)?.[1] ?? '';
  const named = SEP_LINE.exec(firstLine)?.[1] as Delimiter | undefined;
  const delimiters = named && DELIMITERS.includes(named) ? [named] : DELIMITERS;
  const samples = delimiters.map((delimiter) => takeSample(head, delimiter, sought, options));
  const best = (sample: Sample) => [sample.header?.score ?? 0, Math.round(sample.share * 10)];
  // Stable: of equals the one that is first in the list, and the comma is the last.
  return samples.sort((a, b) => best(b)[0]! - best(a)[0]! || best(b)[1]! - best(a)[1]!);
}

function takeSample(head: string, delimiter: Delimiter, sought: Sought, options: LayoutOptions): Sample {
  const all: CsvRow[] = csvReader(delimiter)(head, true)
    .filter((row) => 'fault' in row || !(isBlank(row.cells) || isSepLine(row.cells)))
    .take(SAMPLE_ROWS)
    .toArray();
  const rows = all.filter((row): row is Row => 'cells' in row);
  for (const row of rows) if (row.cells.length > MOST_COLUMNS) row.cells.length = MOST_COLUMNS;
  const header = options.header === 'absent' ? null : findHeader(rows, sought, options.column);
  const body = header ? rows.slice(header.index + 1) : rows;
  const headerWidth = header ? rows[header.index]!.cells.length : 0;
  const width = headerWidth > 1 ? headerWidth : commonWidth(body);
  const fitting = body.filter(({ cells }) => cells.length === width).length;
  const share = width === 1 ? 0 : body.length === 0 ? 1 : fitting / (body.length + all.length - rows.length);
  return { delimiter, rows, header, width, share };
}

function commonWidth(rows: readonly Row[]): number {
  const groups = [...Map.groupBy(rows, ({ cells }) => cells.length)];
  groups.sort(([a, some], [b, others]) => others.length - some.length || b - a);
  return groups[0]?.[0] ?? 1;
}

const NAMED = 100;

/** The row with the titles: the one that has the column which the caller names, or the first with a title that is known. */
function findHeader(rows: readonly Row[], sought: Sought, column: string | undefined): Sample['header'] {
  const wanted = column === undefined ? '' : foldTitle(column);
  let found: Sample['header'] = null;
  for (const [index, { cells }] of rows.slice(0, HEADER_ROWS).entries()) {
    const titles = cells.map(foldTitle);
    const scores = titles.map((title) =>
      title !== '' && title === wanted ? NAMED : sought.titleScore(title),
    );
    const score = Math.max(...scores);
    if (score === 0 || (found && found.score >= score)) continue;
    const columns = scores.flatMap((one, place) => (one === score ? [place] : []));
    // A word that stands in other rows too is no title, unless it is seldom: files that were joined repeat it.
    const others = rows.toSpliced(index, 1).map((row) => foldTitle(row.cells[columns[0]!] ?? ''));
    if (others.filter((title) => title === titles[columns[0]!]).length * 2 > others.length) continue;
    found = { index, columns, score };
    if (score === NAMED || column === undefined) break;
  }
  return found;
}

function indexOfHeader({ header, rows }: Sample, options: LayoutOptions): number | null {
  if (options.header === 'absent') return null;
  return header?.index ?? (options.header === 'present' && rows.length > 0 ? 0 : null);
}

interface Search {
  samples: readonly Sample[];
  body: readonly Row[];
  header: Row | null;
  found: Found;
  sought: Sought;
  options: LayoutOptions;
  refuse: (reason: FileReason, values?: ReasonValues) => never;
}

/** @returns the place of the column, or how all cells look when all are read */
function findColumn({ samples, body, header, found, sought, options, refuse }: Search): number | string {
  const [sample] = samples as [Sample];
  if (options.column !== undefined) {
    if (sample.header?.score === NAMED) return only(sample.header.columns);
    const number = /^\s*\d{1,4}\s*$/.test(options.column) ? Number(options.column) : 0;
    const width = Math.max(...sample.rows.map(({ cells }) => cells.length));
    if (number >= 1 && number <= width) return number - 1;
    return refuse('no-such-column', { column: shown(options.column) });
  }
  const oneTitle = !header || header.cells.filter((cell) => cell.trim() !== '').length === 1;
  if (oneTitle && body.some(({ cells }) => cells.filter((cell) => cell.trim() !== '').length > 1)) {
    const look = sought.lookOf(body.flatMap(({ cells }) => cells.filter((cell) => cell.trim() !== '')));
    if (look !== null) return look;
  }
  if (sample.header) return only(sample.header.columns);
  refuseUnclearDelimiter(samples, sought, refuse);
  const columns = fittingColumns(body, sample.width, sought);
  if (columns.length === 0) return refuse('no-column');
  return only(columns);

  function only(places: readonly number[]): number {
    if (places.length === 1) return places[0]!;
    return refuse('several-columns', {
      found: nameColumns(found.columns.filter(({ number }) => places.includes(number - 1))),
    });
  }
}

/** The columns all of whose cells can be what is sought. */
function fittingColumns(rows: readonly Row[], width: number, { fits }: Sought): number[] {
  if (width === 1) return rows.some(({ cells }) => fits(cells[0]!) === true) ? [0] : [];
  const columns = [];
  for (let place = 0; place < Math.min(width, SHOWN_COLUMNS); place += 1) {
    const cells = rows.map((row) => (row.cells[place] ?? '').trim());
    const answers = cells.map(fits);
    const good = answers.filter((answer) => answer === true).length;
    if (!answers.includes(false) && good * 2 >= rows.length)
      columns.push({ place, values: new Set(cells).size });
  }
  // What is the same in every row is not what tells the rows apart.
  const telling = columns.filter(({ values }) => values > 1 || rows.length === 1);
  return (telling.length > 0 ? telling : columns).map(({ place }) => place);
}

/** Two delimiters may cut a file in the same number of cells, and each find a column: then a comma in a number or a text does not win. */
function refuseUnclearDelimiter(samples: readonly Sample[], sought: Sought, refuse: Search['refuse']): void {
  const [best, ...others] = samples as [Sample, ...Sample[]];
  if (best.share === 0) return;
  const findsOne = ({ rows, width }: Sample) => fittingColumns(rows, width, sought).length > 0;
  const rival = others.find((other) => Math.abs(other.share - best.share) < 0.1 && findsOne(other));
  if (!rival) return;
  const inText = ({ cells }: Row) => cells.every((cell) => !/,(?! )(?!\d)|(?<!\d),(?! )/.test(cell));
  if (findsOne(best) && rival.delimiter === ',' && best.rows.every(inText)) return;
  const delimiters = [best, rival].map(({ delimiter }) => (delimiter === '\t' ? 'tab' : delimiter)).join(' ');
  refuse('delimiter-unclear', { delimiters });
}

/** A first row without digits above rows that all have some, or rows above the header that could be data. */
function refuseUnclearHeader({
  rows,
  headerIndex,
  column,
  sought,
  refuse,
}: {
  rows: readonly Row[];
  headerIndex: number | null;
  column: number | string;
  sought: Sought;
  refuse: Search['refuse'];
}): void {
  if (typeof column === 'string') return;
  const at = (row: Row) => (row.cells[column] ?? '').trim();
  const digits = (row: Row) => /\d/.test(at(row));
  const ask = (row: Row) => refuse('header-unclear', { line: row.line, text: shown(at(row)) });
  if (headerIndex === null) {
    const [first, ...others] = rows.filter((row) => at(row) !== '');
    if (sought.what === 'codes' && first && others.length > 0 && !digits(first) && others.every(digits))
      ask(first);
    return;
  }
  const width = rows[headerIndex]!.cells.length;
  const body = rows.slice(headerIndex + 1).filter((row) => at(row) !== '');
  const isData = (row: Row) =>
    row.cells.length === width && sought.fits(at(row)) === true && (digits(row) || !body.every(digits));
  const unclear = rows.slice(0, headerIndex).find(isData);
  if (unclear) ask(unclear);
}

function describe(
  encoding: Encoding,
  delimiter: Delimiter | null,
  { rows, width }: Sample,
  headerIndex: number | null,
  sought: Sought,
): Found {
  const header = headerIndex === null ? null : rows[headerIndex]!.cells;
  const body = rows.slice(headerIndex === null ? 0 : headerIndex + 1);
  const fitting = fittingColumns(body, width, sought);
  const count = Math.min(SHOWN_COLUMNS, Math.max(width, header?.length ?? 0));
  return {
    encoding,
    delimiter,
    columns: Array.from({ length: rows.length === 0 ? 0 : count }, (_, place) => ({
      number: place + 1,
      title: header ? shown(header[place] ?? '') : null,
      examples: body
        .map(({ cells }) => shown(cells[place] ?? ''))
        .filter(Boolean)
        .slice(0, 3),
      fits: fitting.includes(place),
    })),
    rows: rows.slice(0, SHOWN_ROWS).map(({ cells }) => cells.slice(0, SHOWN_COLUMNS).map(shown)),
  };
}

/** The columns in words: `1 "Product" (Garden, Kitchen)`. */
function nameColumns(columns: Found['columns']): string {
  const names = columns.slice(0, 8).map(({ number, title, examples }) => {
    const name = title ? ` "${title.slice(0, 30)}"` : '';
    return `${number}${name} (${examples
      .slice(0, 2)
      .map((text) => text.slice(0, 30))
      .join(', ')})`;
  });
  return names.join('; ');
}
