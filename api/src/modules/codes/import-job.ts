import type { Database, Transaction } from '../../database/connection.ts';
import { allowBulkWork } from '../../database/bulk.ts';
import { describeLayout, type Layout } from '../../files/describe.ts';
import { decodeText } from '../../files/encoding.ts';
import { refuseFile } from '../../files/refuse.ts';
import { readFile, readTable } from '../../files/table.ts';
import { Problem } from '../../problems.ts';
import { explain, type Explanation, type Reason, type Why } from '../../reasons.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import type { JobError, JobRow } from '../jobs/queries.ts';
import type { JobContext, JobWork } from '../jobs/run.ts';
import { deleteUpload, findHighestCouponId, findStoredSince, insertCodes } from './queries.ts';
import { type PackedRows, packRows } from './packed.ts';
import { readCodes, soughtCodes } from './read-codes.ts';
import type { ImportResult, UploadQuery } from './schemas.ts';
import type { IdRange } from './undo.ts';
import { readUpload } from './uploads.ts';

/** Rows of one step: some tenths of a second. */
const STEP_ROWS = 10_000;
/** Most rows that a job lists; all are counted. */
const MAX_LISTED = 100_000;

export interface ImportInput extends UploadQuery {
  uploadId: string;
  /** As the file was surveyed when it came in. */
  rows: number;
  layout: Layout;
}

type Counts = Pick<ImportResult, 'rows' | 'stored' | 'duplicates' | 'invalid' | 'skipped'>;
/** Where an import is. */
type Checkpoint = Counts & Partial<IdRange> & { firstId: number; listed: number };

/** What a file holds, read once without storing anything: so that a file that cannot be taken is refused at once. */
export interface Survey {
  layout: Layout;
  rows: number;
  invalid: number;
  skipped: number;
  /** The first invalid rows. */
  errors: ({ line: number; code: string } & Explanation)[];
}

/** @throws {Problem} unsupported-media-type for what is no text; invalid-request for a file without rows, or that is not clear */
export function surveyUpload(
  db: Database,
  uploadId: string,
  options: UploadQuery,
  maxErrors: number,
): Promise<Survey> {
  return readFile(
    () => readUpload(db, uploadId),
    soughtCodes,
    options,
    async ({ layout }, parts) => {
      const survey: Survey = { layout, rows: 0, invalid: 0, skipped: 0, errors: [] };
      for await (const rows of parts) {
        for (const row of readCodes(rows, layout, options.header)) {
          survey.rows += 1;
          if ('code' in row) continue;
          if (row.skipped) {
            survey.skipped += 1;
            continue;
          }
          survey.invalid += 1;
          if (survey.errors.length < maxErrors) {
            const { line, text } = row;
            survey.errors.push({ line, code: text, ...explain(row) });
          }
        }
      }
      if (survey.rows === survey.skipped) refuseFile('invalid-request', { reason: 'no-rows' });
      return survey;
    },
  );
}

/**
 * Stores the codes of an uploaded file: step by step, so that it can be stopped and taken up again; with `onError: abort` in one
 * transaction, so that it is all or nothing.
 */
export const importWork: JobWork = {
  async run(context) {
    const { job } = context;
    const input = job.input as unknown as ImportInput;
    input.layout ??= await findLayoutOfBefore(context.db, input);
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
        const fault = errors.find(({ reason }) => !SKIPPED.has(reason));
        if (fault) throw new Problem('conflict', atRow(fault));
        await context.pulse(at.rows);
      }
      return { done: at.rows, checkpoint: { ...at } };
    });
  },
  report: ({ checkpoint, input }) => {
    const {
      rows = 0,
      stored = 0,
      duplicates = 0,
      invalid = 0,
      skipped = 0,
    } = (checkpoint as Checkpoint | null) ?? {};
    const { layout } = input as unknown as Partial<ImportInput>;
    return {
      ...{ rows, stored, duplicates, invalid, skipped },
      ...(layout && describeLayout(layout)),
    } satisfies Partial<ImportResult>;
  },
  end: (trx, { input }) => deleteUpload(trx, (input as unknown as ImportInput).uploadId),
};

/** Of a job of 0.1.0 that still waited at the upgrade: it counted columns from 0. */
async function findLayoutOfBefore(db: Database, { uploadId, ...options }: ImportInput): Promise<Layout> {
  const column = String(Number(options.column ?? 0) + 1);
  return (await surveyUpload(db, uploadId, { ...options, column }, 0)).layout;
}

async function firstCheckpoint({ db, job }: JobContext): Promise<Checkpoint> {
  const firstId = await findHighestCouponId(db, job.bookId!);
  return { rows: 0, stored: 0, duplicates: 0, invalid: 0, skipped: 0, listed: 0, firstId };
}

/** The rows of the file after the first `skip`, in steps. Reading a million rows takes about a second, so a resumed job starts over. */
async function* rowsFrom({ db }: JobContext, input: ImportInput, skip: number): AsyncGenerator<PackedRows> {
  const { layout, header } = input;
  const packed = packRows(STEP_ROWS);
  let passed = 0;
  const text = decodeText(readUpload(db, input.uploadId), layout.encoding);
  for await (const rows of readTable(text, layout)) {
    for (const row of readCodes(rows, layout, header)) {
      passed += 1;
      if (passed > skip && packed.add(row)) yield packed.take();
    }
  }
  const last = packed.take();
  if (last.count > 0) yield last;
}

/** Rows that are no data: nothing is wrong with the file. */
const SKIPPED: ReadonlySet<Reason> = new Set<Reason>(['above-header', 'repeats-header']);

/** Stores some rows; the checkpoint is past them. */
async function storeRows(trx: Transaction, { id, bookId }: JobRow, rows: PackedRows, at: Checkpoint) {
  await allowBulkWork(trx);
  await keepOpenBook(trx, bookId!);
  const rejected =
    rows.lines.length > 0 ? await insertCodes(trx, { bookId: bookId!, batchId: id }, rows.codes) : [];
  const existed = rejected.filter(({ position, first }) => position === first).map(({ code }) => code);
  const ofFile = await findStoredSince(trx, bookId!, at.firstId, existed);
  const errors: JobError[] = rows.unused.map(({ text, ...row }) => ({ ...row, value: text }));
  for (const { code, position, first } of rejected) {
    const why: Why =
      position > first
        ? { reason: 'repeated-in-line', values: { line: rows.lines[first]! } }
        : { reason: ofFile.has(code) ? 'repeated' : 'exists' };
    errors.push({ line: rows.lines[position]!, cell: rows.cells[position]!, value: code, ...why });
  }
  errors.sort((a, b) => a.line - b.line || a.cell! - b.cell!);
  const skipped = rows.unused.filter((row) => row.skipped).length;
  const next = {
    ...at,
    rows: at.rows + rows.count,
    invalid: at.invalid + rows.unused.length - skipped,
    skipped: at.skipped + skipped,
    duplicates: at.duplicates + rejected.length,
    stored: at.stored + rows.lines.length - rejected.length,
    lastId: await findHighestCouponId(trx, bookId!),
  };
  const listed = errors.slice(0, MAX_LISTED - next.listed);
  next.listed += listed.length;
  return { done: next.rows, checkpoint: next, errors: listed };
}

/** Why nothing was stored: what was wrong with a row, and which. */
const atRow = ({ line, values, ...fault }: JobError) =>
  ({ ...fault, values: { ...values, row: line } }) as Why;
