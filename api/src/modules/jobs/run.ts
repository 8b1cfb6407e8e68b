import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database, Transaction } from '../../database/connection.ts';
import { isOutage, isTimeout } from '../../database/errors.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problems.ts';
import { recordNotice } from '../history/outgoing/queries.ts';
import {
  countRetry,
  findJob,
  finishJob,
  type JobFailure,
  type JobKind,
  type JobRow,
  noteStep,
  type Step,
  takeJob,
} from './queries.ts';

/** What a job's work is given. */
export interface JobContext {
  db: Database;
  /** As it was taken; `checkpoint`, `done` and `total` follow each step. */
  job: JobRow;
  /**
   * One step of the work and its note, in one transaction; none twice, whoever is killed when. Steps take well under a second, so
   * that a job stops as soon as it is asked to.
   * @throws when the job was cancelled, is another worker's by now, or this process stops: let it pass
   */
  step: (work: (trx: Transaction) => Promise<Step>) => Promise<void>;
  /**
   * For a step that is long because it is all or nothing: notes its progress beside its open transaction, and stops it when the job
   * was cancelled, is another worker's by now, or this process stops.
   */
  pulse: (done: number) => Promise<void>;
  /** The same for work that needs no transaction: throws when the job shall stop. */
  refuseToStop: () => void;
}

export interface JobWork {
  /** Does the work from `job.checkpoint` on. A Problem fails the job; after any other error it is run again. */
  run: (context: JobContext) => Promise<void>;
  /** What came of it, from the last checkpoint: also of a job that was cancelled or failed half-way. */
  report: (job: JobRow) => Record<string, unknown>;
  /** Tidies up when the job has ended, in the transaction that ends it. */
  end?: (trx: Transaction, job: JobRow) => Promise<void>;
}

export type JobWorks = Map<JobKind, JobWork>;

/** How often in a row an unexpected error is met with another try. */
const MAX_RETRIES = 4;
/** The same for a statement that waited too long: a migration may hold a large table for minutes. */
const MAX_TIMEOUTS = 100;
/** How long the database is left alone after it was away. */
const OUTAGE_PAUSE_MS = 1_000;

class Cancelled extends Error {}
/** Another worker has the job now: this one was taken for dead. The queue knows, and runs it again only if that is not so. */
class Lost extends Error {
  override message = 'the job is run by another worker';
}
class Stopping extends Error {
  override message = 'this process stops; the job goes on elsewhere';
}

export interface RunnerOptions {
  db: Database;
  log: FastifyBaseLogger;
  works: JobWorks;
  /** Aborted when this process is told to stop. */
  stopping: AbortSignal;
}

const failureOf = ({ code, reason, values, message }: Problem): JobFailure => ({
  ...{ code, reason, values },
  detail: message,
});

/** Runs one job to its end. Throws when it is to be run again. */
export function createRunner({ db, log, works, stopping }: RunnerOptions): (jobId: string) => Promise<void> {
  return async (jobId) => {
    let job = await takeJob(db, jobId);
    try {
      while (job) job = await runUntilOutage(job);
    } catch (error) {
      if (error instanceof Lost) log.warn({ job: jobId }, error.message);
      throw error;
    }
  };

  /** The job to go on with when the database is back; undefined when it has ended. */
  async function runUntilOutage(job: JobRow): Promise<JobRow | undefined> {
    try {
      await runAttempt(job);
      return undefined;
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.warn({ err: error, job: job.id }, 'the database is away; the job goes on when it is back');
    }
    return takeAfterOutage(job);
  }

  async function runAttempt(job: JobRow): Promise<void> {
    const work = works.get(job.kind);
    if (!work) throw new Error(`nobody here does jobs of kind ${job.kind}`);
    const refuseToStop = () => {
      if (stopping.aborted) throw new Stopping();
    };
    const finish = (status: 'completed' | 'failed' | 'cancelled', failure?: JobFailure) =>
      inTransaction(db, async (trx) => {
        const ended = await finishJob(trx, job, { status, result: work.report(job), failure });
        if (!ended) return;
        await work.end?.(trx, job);
        await recordNotice(trx, {
          type: 'job.finished',
          bookId: job.bookId,
          data: { jobId: job.id, kind: job.kind, status },
        });
      });

    try {
      if (job.cancelRequestedAt) throw new Cancelled();
      await work.run({
        db,
        job,
        refuseToStop,
        async pulse(done) {
          refuseToStop();
          const note = await inTransaction(db, (trx) => noteStep(trx, job, { done }));
          if (!note) throw new Lost();
          if (note.cancelRequested) throw new Cancelled();
        },
        async step(stepWork) {
          refuseToStop();
          let noted: Step | undefined;
          const note = await inTransaction(db, async (trx) => {
            noted = await stepWork(trx);
            const result = await noteStep(trx, job, noted);
            if (!result) throw new Lost();
            return result;
          });
          const { done, total, checkpoint } = noted!;
          job.done = done;
          if (total !== undefined) job.total = total;
          if (checkpoint !== undefined) job.checkpoint = checkpoint;
          if (note.cancelRequested) throw new Cancelled();
        },
      });
      await finish('completed');
    } catch (error) {
      if (error instanceof Cancelled) await finish('cancelled');
      else if (error instanceof Problem && error.status < 500) {
        await finish('failed', failureOf(error));
      } else if (error instanceof Stopping || error instanceof Lost || isOutage(error)) {
        throw error;
      } else if ((await countRetry(db, job.id)) <= (isTimeout(error) ? MAX_TIMEOUTS : MAX_RETRIES)) {
        log.warn({ err: error, job: job.id }, 'the job broke and is run again');
        throw error;
      } else {
        log.error({ err: error, job: job.id }, 'the job failed for good');
        await finish('failed', failureOf(new Problem('internal-error')));
      }
    }
  }

  /** The job again, as soon as the database answers; undefined when it has ended. */
  async function takeAfterOutage({ id, attempt }: JobRow): Promise<JobRow | undefined> {
    for (;;) {
      await wait(OUTAGE_PAUSE_MS, undefined, { signal: stopping });
      try {
        const job = await takeJob(db, id, { after: attempt });
        if (job) return job;
        const found = await findJob(db, id);
        // Ended by this attempt, whose answer was lost, or by nobody's.
        if (found?.finishedAt && found.attempt === attempt) return undefined;
        throw new Lost();
      } catch (error) {
        if (!isOutage(error)) throw error;
      }
    }
  }
}
