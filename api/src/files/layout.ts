import {
  describeFound,
  type Found,
  type Layout,
  fittingColumns,
  nameColumns,
  shown,
  SHOWN_COLUMNS,
  SHOWN_ROWS,
} from './describe.ts';
import type { Encoding } from './encoding.ts';
import type { ReasonValues, Why } from '../reasons.ts';
import { refuseFile } from './refuse.ts';
import { NAMED, type Row, type Sample, takeSamples } from './sample.ts';
import type { LayoutOptions, Sought } from './sought.ts';

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
  const found = describeFound(encoding, delimiter, sample, headerIndex, sought);
  const asked = { what: sought.what, found: nameColumns(found.columns) };
  const refuse: Refuse = (reason, values) =>
    refuseFile('invalid-request', { reason, values: { ...asked, ...values } } as Why, found);
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

function indexOfHeader({ header, rows }: Sample, options: LayoutOptions): number | null {
  if (options.header === 'absent') return null;
  return header?.index ?? (options.header === 'present' && rows.length > 0 ? 0 : null);
}

type FileFault =
  'no-rows' | 'no-column' | 'several-columns' | 'no-such-column' | 'header-unclear' | 'delimiter-unclear';
/** Refuses with what is sought and what was found, beside the values that are given. */
type Refuse = (reason: FileFault, values?: ReasonValues) => never;

interface Search {
  samples: readonly Sample[];
  body: readonly Row[];
  header: Row | null;
  found: Found;
  sought: Sought;
  options: LayoutOptions;
  refuse: Refuse;
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

/** Two delimiters may cut a file in the same number of cells, and each find a column: then a comma in a number or a text does not win. */
function refuseUnclearDelimiter(samples: readonly Sample[], sought: Sought, refuse: Refuse): void {
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
  refuse: Refuse;
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
