import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../../access/caller.ts';
import { Problem } from '../../problems.ts';
import { findJob, type JobKind, type JobRow } from './queries.ts';
import type { JobWork } from './run.ts';
import { jobId, jobResponses } from './schemas.ts';
import { startJob } from './start.ts';

/** How jobs of a kind are undone: by a job of its own. */
export interface Undo extends JobWork {
  /** What the undoing is given beside `jobId`, and how much it has to do; null: this one cannot be undone. */
  prepare: (job: JobRow) => { input: Record<string, unknown>; total: number } | null;
}

export type Undos = Map<JobKind, Undo>;

/** Jobs of kind undo: the work is that of the kind which they undo. */
export function undoWork(undos: Undos): JobWork {
  // Those of earlier versions undo distributions, and do not say so.
  const undoOf = ({ input }: JobRow) => undos.get((input.kind as JobKind | undefined) ?? 'distribute')!;
  return {
    run: (context) => undoOf(context.job).run(context),
    report: (job) => undoOf(job).report(job),
  };
}

export function undoRoute(fastify: FastifyInstance, undos: Undos): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/jobs/:id/undo',
    {
      config: { access: 'admin', problems: ['not-found', 'conflict'] },
      schema: {
        tags: ['jobs'],
        operationId: 'undoJob',
        summary: 'Undo a distribution, an upload or a generation',
        description:
          'A job. It unassigns the coupons of a distribution that are still as they were given: neither locked nor redeemed, nor ' +
          'unassigned and assigned again since; its result: `{ unassigned, kept, reasons, left, of }`. Of an upload or a generation it ' +
          'removes the codes that were never given to anybody; they can be stored again; its result: `{ removed, kept, reasons, left, of }`. ' +
          'The others stay; which and why: GET /jobs/{id}/errors. An undo that was cancelled says how many it did not come to (`left`): ' +
          'undo the job again for them.',
        params: jobId,
        response: jobResponses,
      },
    },
    async (request, reply) =>
      startJob(request, reply, async (trx) => {
        const job = await findJob(trx, request.params.id);
        if (!job) throw new Problem('not-found', 'no-such-job');
        const undo = undos.get(job.kind);
        if (!undo) throw new Problem('conflict', 'not-undoable');
        if (!job.finishedAt) {
          throw new Problem('conflict', 'job-running');
        }
        const prepared = undo.prepare(job);
        if (!prepared) {
          throw new Problem('conflict', 'nothing-to-undo');
        }
        return {
          kind: 'undo',
          bookId: job.bookId,
          createdBy: callerOf(request).id,
          input: { ...prepared.input, jobId: job.id, kind: job.kind },
          total: prepared.total,
        };
      }),
  );
}
