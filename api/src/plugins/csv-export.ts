import type { FastifyRequest } from 'fastify';
import { stringify } from 'csv-stringify/sync';

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
