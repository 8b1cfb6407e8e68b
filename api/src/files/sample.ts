import { foldTitle } from './characters.ts';
import { type CsvRow, csvReader, type Delimiter, DELIMITERS } from './csv.ts';
import type { LayoutOptions, Sought } from './sought.ts';

const SAMPLE_ROWS = 500;
const HEADER_ROWS = 50;
/** Columns of a row that are looked at. */
const MOST_COLUMNS = 1_000;

export interface Row {
  line: number;
  cells: string[];
}

/** The head of a file, cut by one delimiter. */
export interface Sample {
  delimiter: Delimiter;
  rows: Row[];
  header: { index: number; columns: number[]; score: number } | null;
  width: number;
  /** Rows of that width. */
  share: number;
}

export const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');

/** Excel's way to name the delimiter. */
const SEP_LINE = /^\ufeff?\s*"?sep=(.)"?[;,\t|]*\s*$/i;
export function isSepLine(cells: readonly string[]): boolean {
  const first = cells[0]!;
  return (
    first.length < 20 && first.includes('=') && /^\ufeff?\s*"?sep=/i.test(first) && isBlank(cells.slice(1))
  );
}

/** The file cut by each delimiter, the likeliest first. */
export function takeSamples(head: string, sought: Sought, options: LayoutOptions): Sample[] {
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

/** The score of a title that the caller has named. */
export const NAMED = 100;

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
