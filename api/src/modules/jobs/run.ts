import type { FastifyBaseLogger } from 'fastify';
import type { Database, Transaction } from '../../database/connection.ts';
import { isOutage } from '../../database/errors.ts';
import { inTransaction } from '../../database/transaction.ts';
import { Problem } from '../../problems.ts';
import { finishJob, type JobKind, type JobRow, noteStep, type Step, takeJob } from './queries.ts';

/** What a job's work is given. */
export interface JobContext {
  db: Database;
  /** As it was taken; `checkpoint` and `done` follow each step. */
  job: JobRow;
  /**
   * One step of the work and its note, in one transaction; none twice, whoever is killed when. Steps take well under a second, so
   * that a job stops as soon as it is asked to.
   * @throws when the job was cancelled, is another worker's by now, or this process stops: let it pass
   */
  step: (work: (trx: Transaction) => Promise<Step>) => Promise<void>;
  /** The same for work that needs no transaction: stops a job that shall not go on. */
  checkpoint: () => void;
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

/** How often an unexpected error is met with another try. */
const MAX_ATTEMPTS = 5;

class Cancelled extends Error {}
/** Another worker has the job now: this one was taken for dead. */
class Lost extends Error {}
class Stopping extends Error {}

export interface RunnerOptions {
  db: Database;
  log: FastifyBaseLogger;
  works: JobWorks;
  /** Aborted when this process is told to stop. */
  stopping: AbortSignal;
}

/** Runs one job to its end. Throws when it is to be run again. */
export function createRunner({ db, log, works, stopping }: RunnerOptions): (jobId: string) => Promise<void> {
  return async (jobId) => {
    const job = await takeJob(db, jobId);
    if (!job) return;
    const work = works.get(job.kind);
    if (!work) throw new Error(`nobody here does jobs of kind ${job.kind}`);
    const stopped = () => {
      if (stopping.aborted) throw new Stopping('this process stops; the job goes on elsewhere');
    };
    const finish = (
      status: 'completed' | 'failed' | 'cancelled',
      failure?: { code: string; detail: string },
    ) =>
      inTransaction(db, async (trx) => {
        const ended = await finishJob(trx, job, { status, result: work.report(job), failure });
        if (ended) await work.end?.(trx, job);
      });

    try {
      if (job.cancelRequestedAt) throw new Cancelled();
      await work.run({
        db,
        job,
        checkpoint: stopped,
        async step(stepWork) {
          stopped();
          let noted: Step | undefined;
          const note = await inTransaction(db, async (trx) => {
            noted = await stepWork(trx);
            const result = await noteStep(trx, job, noted);
            if (!result) throw new Lost();
            return result;
          });
          Object.assign(job, { done: noted!.done, checkpoint: noted!.checkpoint ?? job.checkpoint });
          if (note.cancelRequested) throw new Cancelled();
        },
      });
      await finish('completed');
    } catch (error) {
      if (error instanceof Lost) log.warn({ job: jobId }, 'the job is run by another worker');
      else if (error instanceof Cancelled) await finish('cancelled');
      else if (error instanceof Problem && error.status < 500) {
        await finish('failed', { code: error.code, detail: error.message });
      } else if (error instanceof Stopping || isOutage(error) || job.attempt < MAX_ATTEMPTS) throw error;
      else {
        log.error({ err: error, job: jobId }, 'the job failed for good');
        await finish('failed', { code: 'internal-error', detail: 'Something went wrong on our side.' });
      }
    }
  };
}
