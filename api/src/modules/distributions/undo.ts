import type { Actor } from '../coupons/state.ts';
import { type Outcome, unassignMany } from '../coupons/bulk/unassign.ts';
import type { JobRow } from '../jobs/queries.ts';
import { createPace } from '../jobs/pace.ts';
import type { Undo } from '../jobs/undo.ts';
import { listAssignments } from './queries.ts';

export interface UndoInput {
  /** The distribution to undo. */
  jobId: string;
  bookId: string;
}

interface Progress {
  /** Events up to this one are dealt with. */
  eventId: number;
  done: number;
  outcomes: Record<Outcome, number>;
}

const FRESH: Progress = {
  eventId: 0,
  done: 0,
  outcomes: { taken: 0, locked: 0, redeemed: 0, 'given-back': 0, reassigned: 0 },
};

/** Coupons of one step. */
const COUPONS = { first: 1_000, least: 500, most: 4_000 };

const progressOf = (job: JobRow) => structuredClone((job.checkpoint as Progress | null) ?? FRESH);

/** Unassigns the coupons of a distribution that are still as they were given, and says why the others stay. */
export const undo: Undo = {
  prepare: (job) => ({ input: { bookId: (job.input as { bookId: string }).bookId }, total: job.done }),

  async run({ job, step }) {
    const { jobId, bookId } = job.input as unknown as UndoInput;
    const actor: Actor = { id: job.createdBy, role: 'ADMIN' };
    const pace = createPace(COUPONS);
    const takeSome = (coupons: number) =>
      step(async (trx) => {
        const progress = progressOf(job);
        const assignments = await listAssignments(trx, jobId, { afterId: progress.eventId, limit: coupons });
        isFull = assignments.length === coupons;
        const results = await unassignMany(trx, { bookId, actor, jobId: job.id }, assignments);
        const errors = results.flatMap(({ outcome, code }, index) => {
          progress.outcomes[outcome] += 1;
          const line = progress.done + index + 1;
          return outcome === 'taken' ? [] : [{ line, value: code, reason: outcome }];
        });
        progress.eventId = assignments.at(-1)?.id ?? progress.eventId;
        progress.done += assignments.length;
        return { done: progress.done, checkpoint: { ...progress }, errors };
      });
    let isFull = true;
    while (isFull) await pace.run(takeSome);
  },

  report(job) {
    const { done, outcomes } = progressOf(job);
    const { taken, ...reasons } = outcomes;
    return {
      unassigned: taken,
      kept: Object.values(reasons).reduce((sum, n) => sum + n, 0),
      reasons,
      left: Math.max(0, (job.total ?? done) - done),
      of: (job.input as unknown as UndoInput).jobId,
    };
  },
};
