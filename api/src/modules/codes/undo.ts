import { allowBulkWork } from '../../database/bulk.ts';
import type { JobRow } from '../jobs/queries.ts';
import type { Undo } from '../jobs/undo.ts';
import { countBatch, deleteNeverGiven, selectBatchForUpdate } from './queries.ts';

/** What an import or a generation notes of the coupons that it stores: their ids are above the one and up to the other. */
export interface IdRange {
  firstId: number;
  lastId: number;
}

interface Progress {
  /** Coupons up to this id are dealt with. */
  afterId: number;
  done: number;
  removed: number;
  kept: Record<Kept, number>;
}

const KEPT = {
  ASSIGNED: 'owned',
  LOCKED: 'locked',
  REDEEMED: 'redeemed',
  UNASSIGNED: 'given-once',
} as const;
type Kept = (typeof KEPT)[keyof typeof KEPT];

/** Ids that one step looks at: some tenths of a second. */
const STEP_IDS = 5_000;

const rangeOf = ({ checkpoint }: JobRow) => checkpoint as Partial<IdRange> | null;

const progressOf = (job: JobRow): Progress =>
  structuredClone(job.checkpoint as unknown as Progress | null) ?? {
    afterId: (job.input as unknown as IdRange).firstId,
    done: 0,
    removed: 0,
    kept: { owned: 0, locked: 0, redeemed: 0, 'given-once': 0 },
  };

/** Undoes an upload or a generation: removes its coupons that were never given away, and says of the rest why they stay. */
export const undoBatch: Undo = {
  prepare(job) {
    const range = rangeOf(job);
    if (typeof range?.lastId !== 'number') return null;
    const { stored } = job.result as { stored: number };
    return { input: { firstId: range.firstId, lastId: range.lastId }, total: stored };
  },

  async run({ job, step }) {
    const { jobId, lastId } = job.input as unknown as IdRange & { jobId: string };
    const batch = { bookId: job.bookId!, batchId: jobId };
    while (progressOf(job).afterId < lastId) {
      await step(async (trx) => {
        await allowBulkWork(trx);
        const progress = progressOf(job);
        // Less than it stored, where an undo before this one was cancelled.
        const total =
          job.checkpoint === null
            ? await countBatch(trx, batch, { afterId: progress.afterId, lastId })
            : job.total;
        const upTo = Math.min(progress.afterId + STEP_IDS, lastId);
        const coupons = await selectBatchForUpdate(trx, batch, { afterId: progress.afterId, lastId: upTo });
        const removed = await deleteNeverGiven(
          trx,
          batch.bookId,
          coupons.map(({ id }) => id),
        );
        const errors = coupons.flatMap(({ id, code, state }, index) => {
          if (removed.has(id)) return [];
          const why = KEPT[state];
          progress.kept[why] += 1;
          return [{ line: progress.done + index + 1, value: code, reason: why }];
        });
        progress.removed += removed.size;
        progress.done += coupons.length;
        progress.afterId = upTo;
        return { done: progress.done, total, checkpoint: { ...progress }, errors };
      });
    }
  },

  report(job) {
    const { jobId, lastId } = job.input as unknown as IdRange & { jobId: string };
    const { removed, kept, afterId, done } = progressOf(job);
    const total = Object.values(kept).reduce((sum, n) => sum + n, 0);
    const left = afterId >= lastId ? 0 : Math.max(0, job.total! - done);
    return { removed, kept: total, reasons: kept, left, of: jobId };
  },
};
