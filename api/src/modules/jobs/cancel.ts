import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { findJob, finishJob, type JobRow, requestCancel } from './queries.ts';
import type { JobWorks } from './run.ts';

/**
 * Asks a job to stop. One that nobody has begun is over at once; a running one stops after the step it is in (well under a
 * second) and reports what it did until then. Asking twice is asking once.
 * @throws {Problem} not-found; conflict when it has ended
 */
export async function cancelJob(trx: Transaction, works: JobWorks, id: string): Promise<JobRow> {
  const job = await requestCancel(trx, id);
  if (job?.status === 'running') return job;
  if (job) {
    const work = works.get(job.kind);
    await finishJob(trx, job, { status: 'cancelled', result: work?.report(job) ?? null });
    await work?.end?.(trx, job);
  }
  const ended = await findJob(trx, id);
  if (!ended) throw new Problem('not-found', 'no-such-job');
  if (!job) throw new Problem('conflict', { reason: 'job-ended', values: { status: ended.status } });
  return ended;
}
