import type { FastifyReply, FastifyRequest } from 'fastify';
import { stringify } from 'csv-stringify/sync';
import { streamToAdmin } from '../access/admin-rights.ts';

export type Cell = string | number | null;

const BYTE_ORDER_MARK = '\uFEFF';

/** Whether the caller asks for a file: `Accept: text/csv` before anything else. */
export function prefersCsv(request: FastifyRequest): boolean {
  return /^\s*text\/csv/i.test(request.headers.accept ?? '');
}

/**
 * CSV (RFC 4180: CRLF, quotes where needed), part by part, so that memory does not grow with the file. Cells that a spreadsheet
 * would run as a formula are made text: https://owasp.org/www-community/attacks/CSV_Injection
 * @param mark start with a byte order mark, for Excel
 */
export async function* csvLines(
  header: string[],
  parts: AsyncIterable<Cell[][]>,
  { mark = false }: { mark?: boolean } = {},
): AsyncGenerator<string> {
  const options = { escape_formulas: true, record_delimiter: 'windows' } as const;
  yield (mark ? BYTE_ORDER_MARK : '') + stringify([header], options);
  for await (const rows of parts) if (rows.length > 0) yield stringify(rows, options);
}

/** Rows that an export reads at a time: few enough that turning them into text (10 ms) holds nobody up. */
const ROWS_AT_ONCE = 1_000;

export interface CsvExport<R> {
  /** Of the file, without its suffix. */
  name: string;
  header: string[];
  /** The next rows, from below the last one of those before; fewer than `limit` are the last. */
  read: (after: R | undefined, limit: number) => Promise<R[]>;
  present: (row: R) => Cell[];
  /** Start with a byte order mark. */
  mark?: boolean;
}

/**
 * Answers with a file, read part by part while it is sent: memory stays the same however long it is, no transaction is held open,
 * and reading stops when the client goes away. The first part is read before the answer begins, so that a filter that cannot be
 * read is refused like anywhere else; when reading fails later, or the caller is no administrator any more, the connection breaks, so
 * that nobody takes half a file for a whole one.
 */
export async function sendCsv<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, header, read, present, mark }: CsvExport<R>,
): Promise<FastifyReply> {
  let rows = request.method === 'HEAD' ? [] : await read(undefined, ROWS_AT_ONCE);
  async function* parts(): AsyncGenerator<Cell[][]> {
    for (;;) {
      yield rows.map(present);
      if (rows.length < ROWS_AT_ONCE) return;
      rows = await read(rows.at(-1), ROWS_AT_ONCE);
    }
  }
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(streamToAdmin(request, csvLines(header, parts(), { mark })));
}
