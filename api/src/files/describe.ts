import type { Delimiter } from './csv.ts';
import type { Encoding } from './encoding.ts';
import type { Row, Sample } from './sample.ts';
import type { Sought } from './sought.ts';

export const SHOWN_COLUMNS = 50;
export const SHOWN_ROWS = 10;
const SHOWN_LENGTH = 80;

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

export const shown = (text: string) => text.trim().slice(0, SHOWN_LENGTH).toWellFormed();

/** The columns all of whose cells can be what is sought. */
export function fittingColumns(all: readonly Row[], width: number, { fits }: Sought): number[] {
  // Lines of text above a table have fewer cells than it, and say nothing about its columns.
  const rows = all.slice(
    Math.max(
      0,
      all.findIndex(({ cells }) => cells.length >= width),
    ),
  );
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

/** What is shown of a file: bounded, whatever is in it. */
export function describeFound(
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
export function nameColumns(columns: Found['columns']): string {
  const names = columns.slice(0, 8).map(({ number, title, examples }) => {
    const name = title ? ` "${title.slice(0, 30)}"` : '';
    return `${number}${name} (${examples
      .slice(0, 2)
      .map((text) => text.slice(0, 30))
      .join(', ')})`;
  });
  return names.join('; ');
}
