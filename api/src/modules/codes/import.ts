import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import { copyStagedCodes, createStagedCodes, insertStagedCodes, listDuplicates } from './queries.ts';
import type { ImportReport, UploadQuery } from './schemas.ts';
import { readCodes } from './read-codes.ts';

/** Most rows listed of each kind, invalid and duplicate. All are counted. */
const MAX_LISTED = 1_000;

export interface ImportOptions extends UploadQuery {
  bookId: string;
  /** The file from its start; asked again when the database rolls the transaction back for a conflict. */
  read: () => AsyncIterable<Buffer>;
  /** Told now and then how many rows have been read. */
  onProgress?: (rows: number) => void;
  signal?: AbortSignal;
}

/**
 * Stores the codes of a CSV file in a book: reads it once into a temporary table, then makes the coupons with one statement.
 * Memory does not depend on the size of the file.
 * @throws {Problem} not-found, book-not-active; unsupported-media-type for what is no text; invalid-request for a file without rows.
 * With `onError: abort` also invalid-request or conflict, carrying the report, when a row cannot be stored
 */
export async function importCodes(trx: Transaction, options: ImportOptions): Promise<ImportReport> {
  await keepOpenBook(trx, options.bookId);
  await allowBulkWork(trx);
  await createStagedCodes(trx);

  const report: ImportReport = {
    rows: 0,
    stored: 0,
    duplicates: 0,
    invalid: 0,
    header: null,
    errors: [],
    errorsTruncated: false,
  };
  const staged = await copyStagedCodes(trx, stageRows(options, report));
  if (report.rows === 0) throw new Problem('invalid-request', 'The file has no rows.');

  report.stored = await insertStagedCodes(trx, options.bookId);
  report.duplicates = staged - report.stored;
  if (report.duplicates > 0) {
    for (const { line, code, firstLine } of await listDuplicates(trx, MAX_LISTED)) {
      const reason = line === firstLine ? 'exists already' : `is in line ${firstLine} already`;
      report.errors.push({ line, code, kind: 'duplicate', reason });
    }
    report.errors.sort((a, b) => a.line - b.line);
  }
  report.errorsTruncated = report.errors.length < report.invalid + report.duplicates;
  if (options.onError === 'abort' && report.stored < report.rows) refuseAll(report);
  return report;
}

/** Turns the rows of the file into rows of the temporary table, and counts on the way. */
async function* stageRows(options: ImportOptions, report: ImportReport): AsyncGenerator<string> {
  const onHeader = (name: string) => {
    report.header = name;
  };
  for await (const rows of readCodes(options.read(), options.header, onHeader)) {
    options.signal?.throwIfAborted();
    let copied = '';
    for (const row of rows) {
      report.rows += 1;
      if ('code' in row) {
        copied += `${row.line}\t${row.code}\n`;
      } else {
        report.invalid += 1;
        if (report.invalid <= MAX_LISTED)
          report.errors.push({ line: row.line, code: row.text, kind: 'invalid', reason: row.reason });
      }
    }
    if (copied !== '') yield copied;
    options.onProgress?.(report.rows);
  }
}

/** All or nothing: the Problem undoes what was stored. */
function refuseAll(report: ImportReport): never {
  const code = report.invalid > 0 ? 'invalid-request' : 'conflict';
  throw new Problem(code, 'Not every row of the file can be stored, so none was. See `report`.', {
    report: { ...report, stored: 0 },
  });
}
