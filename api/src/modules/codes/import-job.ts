import type { Database, Transaction } from '../../database/connection.ts';
import { allowBulkWork } from '../../database/bulk.ts';
import { Problem } from '../../problems.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import type { JobError, JobRow } from '../jobs/queries.ts';
import type { JobContext, JobWork } from '../jobs/run.ts';
import { deleteUpload, findHighestCouponId, findStoredSince, insertCodes } from './queries.ts';
import { type PackedRows, packRows } from './packed.ts';
import { readCodes } from './read-codes.ts';
import type { ImportResult, UploadQuery } from './schemas.ts';
import { readUpload } from './uploads.ts';

/** Rows of one step: some tenths of a second. */
const STEP_ROWS = 10_000;
/** Most rows that a job lists; all are counted. */
const MAX_LISTED = 100_000;

export interface ImportInput extends UploadQuery {
  uploadId: string;
  /** As the file was surveyed when it came in. */
  rows: number;
  column: string | null;
}

/** Where an import is. `firstId`: coupons above it may be of this file. */
type Checkpoint = Omit<ImportResult, 'header'> & { firstId: number; listed: number };

/** What a file holds, read once without storing anything: so that a file that cannot be taken is refused at once. */
export interface Survey {
  rows: number;
  invalid: number;
  column: string | null;
  /** The first invalid rows. */
  errors: { line: number; code: string; reason: string }[];
}

/** @throws {Problem} unsupported-media-type for what is no text; invalid-request for a file without rows */
export async function surveyUpload(
  db: Database,
  uploadId: string,
  header: UploadQuery['header'],
  maxErrors: number,
): Promise<Survey> {
  const survey: Survey = { rows: 0, invalid: 0, column: null, errors: [] };
  const onHeader = (name: string) => {
    survey.column = name;
  };
  for await (const rows of readCodes(readUpload(db, uploadId), header, onHeader)) {
    for (const row of rows) {
      survey.rows += 1;
      if ('code' in row) continue;
      survey.invalid += 1;
      if (survey.errors.length < maxErrors) {
        survey.errors.push({ line: row.line, code: row.text, reason: row.reason });
      }
    }
  }
  if (survey.rows === 0) throw new Problem('invalid-request', 'The file has no rows.');
  return survey;
}

/**
 * Stores the codes of an uploaded file: step by step, so that it can be stopped and taken up again; with `onError: abort` in one
 * transaction, so that it is all or nothing.
 */
export const importWork: JobWork = {
  async run(context) {
    const { job } = context;
    const input = job.input as unknown as ImportInput;
    const start = (job.checkpoint as Checkpoint | null) ?? (await firstCheckpoint(context));
    if (input.onError === 'skip') {
      for await (const rows of rowsFrom(context, input, start.rows)) {
        await context.step((trx) =>
          storeRows(trx, job, rows, (job.checkpoint as Checkpoint | null) ?? start),
        );
      }
      return;
    }
    await context.step(async (trx) => {
      let at = start;
      for await (const rows of rowsFrom(context, input, 0)) {
        const { checkpoint, errors } = await storeRows(trx, job, rows, at);
        at = checkpoint;
        if (errors[0])
          throw new Problem('conflict', `Nothing was stored: line ${errors[0].line} ${errors[0].reason}.`);
        await context.pulse(at.rows);
      }
      return { done: at.rows, checkpoint: { ...at } };
    });
  },
  report: ({ checkpoint, input }) => {
    const { rows = 0, stored = 0, duplicates = 0, invalid = 0 } = (checkpoint as Checkpoint | null) ?? {};
    return {
      rows,
      stored,
      duplicates,
      invalid,
      header: (input as unknown as ImportInput).column,
    } satisfies ImportResult;
  },
  end: (trx, { input }) => deleteUpload(trx, (input as unknown as ImportInput).uploadId),
};

async function firstCheckpoint({ db }: JobContext): Promise<Checkpoint> {
  return { rows: 0, stored: 0, duplicates: 0, invalid: 0, listed: 0, firstId: await findHighestCouponId(db) };
}

/** The rows of the file after the first `skip`, in steps. Reading a million rows takes about a second, so a resumed job starts over. */
async function* rowsFrom({ db }: JobContext, input: ImportInput, skip: number): AsyncGenerator<PackedRows> {
  const packed = packRows(STEP_ROWS);
  let passed = 0;
  for await (const rows of readCodes(readUpload(db, input.uploadId), input.header, () => {})) {
    for (const row of rows) {
      passed += 1;
      if (passed > skip && packed.add(row)) yield packed.take();
    }
  }
  const last = packed.take();
  if (last.count > 0) yield last;
}

/** Stores some rows; the checkpoint is past them. */
async function storeRows(trx: Transaction, { bookId }: JobRow, rows: PackedRows, at: Checkpoint) {
  await allowBulkWork(trx);
  await keepOpenBook(trx, bookId!);
  const rejected = rows.lines.length > 0 ? await insertCodes(trx, bookId!, rows.codes) : [];
  const existed = rejected.filter(({ position, first }) => position === first).map(({ code }) => code);
  const ofFile = await findStoredSince(trx, bookId!, at.firstId, existed);
  const errors: JobError[] = [...rows.invalid];
  for (const { code, position, first } of rejected) {
    const reason =
      position > first
        ? `is in line ${rows.lines[first]} already`
        : ofFile.has(code)
          ? 'is in an earlier line already'
          : 'exists already';
    errors.push({ line: rows.lines[position]!, value: code, reason });
  }
  errors.sort((a, b) => a.line - b.line);
  const next = {
    ...at,
    rows: at.rows + rows.count,
    invalid: at.invalid + rows.invalid.length,
    duplicates: at.duplicates + rejected.length,
    stored: at.stored + rows.lines.length - rejected.length,
  };
  const listed = errors.slice(0, MAX_LISTED - next.listed);
  next.listed += listed.length;
  return { done: next.rows, checkpoint: next, errors: listed };
}
