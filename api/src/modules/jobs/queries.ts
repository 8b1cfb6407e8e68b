import { sql } from 'kysely';
import { allOf } from '../../database/conditions.ts';
import type { Database, Transaction } from '../../database/connection.ts';
import type { JobStatus } from '../../database/types.ts';
import type { Explanation, ReasonValues, Why } from '../../reasons.ts';
import type { Age } from '../../schemas.ts';

export type JobKind = 'import' | 'generate' | 'distribute' | 'undo';

/** Why a job failed. Earlier versions stored no reason, only its words. */
export type JobFailure = { code: string } & (
  Explanation | { detail: string; reason?: undefined; values?: undefined }
);

export interface JobRow {
  id: string;
  kind: JobKind;
  status: JobStatus;
  bookId: string | null;
  createdBy: string;
  input: Record<string, unknown>;
  checkpoint: Record<string, unknown> | null;
  attempt: number;
  done: number;
  total: number | null;
  errors: number;
  result: Record<string, unknown> | null;
  failure: JobFailure | null;
  cancelRequestedAt: Date | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** The database's clock, for the rate. */
  now: Date;
}

const jobColumns = sql`
  jobs.id, jobs.kind, jobs.status, jobs.book_id AS "bookId", jobs.created_by AS "createdBy", jobs.input, jobs.checkpoint,
  jobs.attempt, jobs.done, jobs.total, jobs.errors, jobs.result, jobs.failure,
  jobs.cancel_requested_at AS "cancelRequestedAt", jobs.created_at AS "createdAt", jobs.started_at AS "startedAt",
  jobs.finished_at AS "finishedAt", date_trunc('milliseconds', clock_timestamp()) AS now`;

export interface NewJob {
  kind: JobKind;
  bookId: string | null;
  createdBy: string;
  input: Record<string, unknown>;
  total?: number | null;
}

export async function insertJob(trx: Transaction, job: NewJob): Promise<JobRow> {
  const { rows } = await sql<JobRow>`
    INSERT INTO jobs (kind, book_id, created_by, input, total)
    VALUES (${job.kind}, ${job.bookId}, ${job.createdBy}, ${JSON.stringify(job.input)}, ${job.total ?? null})
    RETURNING ${jobColumns}`.execute(trx);
  return rows[0]!;
}

export async function findJob(db: Database | Transaction, id: string): Promise<JobRow | undefined> {
  const { rows } = await sql<JobRow>`SELECT ${jobColumns} FROM jobs WHERE id = ${id}`.execute(db);
  return rows[0];
}

export interface JobFilter {
  kind?: JobKind;
  status?: JobStatus;
  bookId?: string;
  after?: Age;
  limit: number;
}

/** Newest first. */
export async function listJobs(
  db: Database,
  { kind, status, bookId, after, limit }: JobFilter,
): Promise<JobRow[]> {
  const where = allOf(
    kind && sql`kind = ${kind}`,
    status && sql`status = ${status}`,
    bookId !== undefined && sql`book_id = ${bookId}`,
    after && sql`(created_at, id) < (${after.createdAt}, ${after.id})`,
  );
  const { rows } = await sql<JobRow>`
    SELECT ${jobColumns} FROM jobs WHERE ${where}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** Whether a job waits for a worker: one that nobody has begun. */
export async function hasQueuedJob(db: Database): Promise<boolean> {
  const { rows } = await sql`SELECT FROM jobs WHERE status = 'queued' LIMIT 1`.execute(db);
  return rows.length > 0;
}

/**
 * Takes a job that is not finished: it is this attempt's from now on. Undefined: there is nothing left to do.
 * @param after only if this was the last attempt
 */
export async function takeJob(
  db: Database,
  id: string,
  { after }: { after?: number } = {},
): Promise<JobRow | undefined> {
  const { rows } = await sql<JobRow>`
    UPDATE jobs SET status = 'running', attempt = attempt + 1, started_at = coalesce(started_at, clock_timestamp())
    WHERE ${allOf(sql`id = ${id} AND status IN ('queued', 'running')`, after !== undefined && sql`attempt = ${after}`)}
    RETURNING ${jobColumns}`.execute(db);
  return rows[0];
}

/** Counts an error that nobody expected. @returns how many came in a row, without a step between them */
export async function countRetry(db: Database, id: string): Promise<number> {
  const { rows } = await sql<{ retries: number }>`
    UPDATE jobs SET retries = retries + 1 WHERE id = ${id} RETURNING retries`.execute(db);
  return rows[0]?.retries ?? 0;
}

export interface Step {
  done: number;
  total?: number | null;
  checkpoint?: Record<string, unknown> | null;
  /** Rows of the input found unusable in this step. */
  errors?: readonly JobError[];
}

/**
 * Notes how far a job is, in the transaction of the work. Locks the job's row, so a second worker of the same job waits here.
 * @returns whether somebody asked to cancel it; undefined when the job is not this attempt's any more
 */
export async function noteStep(
  trx: Transaction,
  { id, attempt }: { id: string; attempt: number },
  { done, total, checkpoint, errors = [] }: Step,
): Promise<{ cancelRequested: boolean } | undefined> {
  const { rows } = await sql<{ cancelRequested: boolean }>`
    UPDATE jobs SET done = ${done},
      total = ${total === undefined ? sql`total` : total},
      checkpoint = ${checkpoint === undefined ? sql`checkpoint` : JSON.stringify(checkpoint)},
      errors = errors + ${errors.length}, retries = 0
    WHERE id = ${id} AND attempt = ${attempt} AND status = 'running'
    RETURNING cancel_requested_at IS NOT NULL AS "cancelRequested"`.execute(trx);
  if (rows[0] && errors.length > 0) {
    await sql`
      INSERT INTO job_errors (job_id, line, cell, value, code, "values")
      SELECT ${id}, * FROM unnest(${errors.map(({ line }) => line)}::integer[], ${errors.map(({ cell = 1 }) => cell)}::integer[],
        ${errors.map(({ value }) => value)}::text[], ${errors.map(({ reason }) => reason)}::text[],
        ${errors.map(({ values = {} }) => JSON.stringify(values))}::jsonb[])
      ON CONFLICT DO NOTHING`.execute(trx);
  }
  return rows[0];
}

export interface Ending {
  status: 'completed' | 'failed' | 'cancelled';
  result: Record<string, unknown> | null;
  failure?: JobFailure | null;
}

/** Ends a job that has not ended, if it is still this attempt's. */
export async function finishJob(
  trx: Database | Transaction,
  { id, attempt }: { id: string; attempt: number },
  { status, result, failure = null }: Ending,
): Promise<boolean> {
  const { rows } = await sql`
    UPDATE jobs SET status = ${status}, result = ${result === null ? null : JSON.stringify(result)},
      failure = ${failure === null ? null : JSON.stringify(failure)}, finished_at = clock_timestamp()
    WHERE id = ${id} AND attempt = ${attempt} AND finished_at IS NULL RETURNING id`.execute(trx);
  return rows.length > 0;
}

/** Notes that a job shall stop, and locks it. Undefined: it has ended. */
export async function requestCancel(trx: Transaction, id: string): Promise<JobRow | undefined> {
  const { rows } = await sql<JobRow>`
    UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
    WHERE id = ${id} AND finished_at IS NULL
    RETURNING ${jobColumns}`.execute(trx);
  return rows[0];
}

/** A row of the input that could not be used, or who or what was left out, and why. */
export type JobError = {
  line: number;
  /** Of several on one line, from 1. */
  cell?: number;
  value: string | null;
} & Why;

export interface JobErrorRow {
  line: number;
  cell: number;
  value: string | null;
  reason: string | null;
  values: ReasonValues | null;
  /** In English: what earlier versions stored instead. */
  sentence: string | null;
}

/** By line and cell, from above `after`. */
export async function listJobErrors(
  db: Database,
  id: string,
  { after, limit }: { after?: { line: number; cell: number }; limit: number },
): Promise<JobErrorRow[]> {
  const { line, cell } = after ?? { line: -1, cell: 0 };
  const { rows } = await sql<JobErrorRow>`
    SELECT line, cell, value, code AS reason, "values", reason AS sentence FROM job_errors
    WHERE job_id = ${id} AND (line, cell) > (${line}::integer, ${cell}::integer)
    ORDER BY line, cell LIMIT ${limit}`.execute(db);
  return rows;
}

export interface UnfinishedJob {
  id: string;
  kind: JobKind;
  status: JobStatus;
  /** Since it was asked for. */
  ageSeconds: number;
  /** How much of it is done, from 0 to 1; null while that is not known. */
  progress: number | null;
}

/** The oldest jobs that have not ended. */
export async function listUnfinishedJobs(db: Database, limit: number): Promise<UnfinishedJob[]> {
  const { rows } = await sql<UnfinishedJob>`
    SELECT id, kind, status, extract(epoch FROM clock_timestamp() - created_at)::float AS "ageSeconds",
           (done::float / nullif(total, 0))::float AS progress
    FROM jobs WHERE finished_at IS NULL ORDER BY created_at, id LIMIT ${limit}`.execute(db);
  return rows;
}
