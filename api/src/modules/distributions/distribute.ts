import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { inTransaction } from '../../database/transaction.ts';
import type { Transaction } from '../../database/connection.ts';
import { assignMany, type Grant } from '../coupons/bulk/assign.ts';
import type { Actor } from '../coupons/state.ts';
import type { JobError, JobRow } from '../jobs/queries.ts';
import { createPace } from '../jobs/pace.ts';
import type { JobContext, JobWork } from '../jobs/run.ts';
import { ALGORITHM, type Draw, drawing, hashList, hashOutcome, roomOf } from './draw.ts';
import { addGiven, deleteShares, insertDraw, insertShares, listShares, type Share } from './queries.ts';
import { findEmails } from '../accounts/people/queries.ts';
import { type DistributionOrder, refuseShortage, type Survey, surveyDistribution } from './survey.ts';

export interface DistributionInput extends DistributionOrder {
  /** 32 bytes in hex. */
  seed: string;
}

/** Why users got none, or less than their share. */
type Shortfall = 'user-disabled' | 'assignment-limit-reached' | 'out-of-stock';

/** Where a distribution is, and what it has come to so far. */
interface Progress {
  /** The lots drawn; null before the draw is done and stored. */
  lots: number | null;
  /** Lots up to this one are settled. */
  lot: number;
  /** The last coupon given. */
  couponId: number;
  members: number;
  /** Coupons that were asked for. */
  needed: number;
  assigned: number;
  served: number;
  /** Users whose lot gave them nothing. */
  drewNone: number;
  /** Users who could not be given any, by reason. */
  skipped: Record<Shortfall, number>;
  exhausted: boolean;
}

const FRESH: Progress = {
  lots: null,
  lot: 0,
  couponId: 0,
  members: 0,
  needed: 0,
  assigned: 0,
  served: 0,
  drewNone: 0,
  skipped: { 'user-disabled': 0, 'assignment-limit-reached': 0, 'out-of-stock': 0 },
  exhausted: false,
};

/**
 * Coupons of one step: 2,000 take 0.2 s on an idle machine. Not fewer than 500: on a busy machine the round trips of a step take most of its
 * time, however few coupons it gives.
 */
const COUPONS = { first: 1_000, least: 500, most: 4_000 };
const STEP_ROWS = 10_000;
/** Others hold all coupons that are left: how long to leave them alone. */
const BUSY_MS = 50;

const inputOf = (job: JobRow) => job.input as unknown as DistributionInput;
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0);
const progressOf = (job: JobRow): Progress => ({
  ...FRESH,
  ...structuredClone(job.checkpoint as Progress | null),
});

/** Draws who gets how many coupons, then gives them out in the order of the lots. */
export const distribution: JobWork = {
  async run(context) {
    const { job } = context;
    if (progressOf(job).lots === null) await drawShares(context);
    const pace = createPace(COUPONS);
    for (let { lot, lots } = progressOf(job); lot < lots!; { lot } = progressOf(job)) {
      const moved = await pace.run((coupons) => giveSome(context, coupons));
      if (!moved) await wait(BUSY_MS);
    }
  },

  report(job) {
    const { members, needed, assigned, served, drewNone, skipped } = progressOf(job);
    return {
      assigned,
      served,
      skipped: sum(skipped),
      reasons: skipped,
      drewNone,
      members,
      needed,
      missing: needed - assigned,
      seed: inputOf(job).seed,
      algorithm: ALGORITHM,
    };
  },
};

/** Takes the list of members as it is now, draws, and stores the outcome, some rows at a time. */
async function drawShares({ db, job, step, refuseToStop }: JobContext): Promise<void> {
  const { poolId, bookId, onShortage, seed: hex, ...order } = inputOf(job);
  const survey = await inTransaction(db, (trx) =>
    surveyDistribution(trx, { poolId, bookId, onShortage, ...order }),
  );
  if (onShortage === 'refuse') refuseShortage(survey);
  const { terms, list, disabled, needed, planned } = survey;
  const seed = Buffer.from(hex, 'hex');
  const drawn = await drawBeside(drawing(seed, terms, list), refuseToStop);

  await step(async (trx) => {
    // What an attempt that was interrupted here has left: it drew from another list.
    await deleteShares(trx, job.id);
    return { done: 0 };
  });
  const rows = drawn.lots.map((place, index) => ({
    ...list[place]!,
    lot: index + 1,
    share: drawn.shares[place]!,
  }));
  for (let start = 0; start < rows.length; start += STEP_ROWS) {
    await step(async (trx) => {
      await insertShares(trx, job.id, rows.slice(start, start + STEP_ROWS));
      return { done: 0 };
    });
  }
  await step(async (trx) => {
    await insertDraw(trx, {
      jobId: job.id,
      poolId,
      bookId,
      seed,
      algorithm: ALGORITHM,
      terms,
      listHash: hashList(list),
      outcomeHash: hashOutcome(list, drawn),
    });
    const { errors, ...counts } = findUnserved(survey, drawn);
    const members = list.length + disabled.length;
    const progress: Progress = { ...FRESH, lots: rows.length, members, needed, ...counts };
    return { done: 0, total: planned, checkpoint: { ...progress }, errors };
  });
}

/**
 * A draw for many is a second of pure computing; meanwhile requests are answered.
 * @param refuseToStop throws when the draw shall not go on
 */
export async function drawBeside(
  steps: Generator<void, Draw>,
  refuseToStop: () => void = () => undefined,
): Promise<Draw> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    refuseToStop();
    await nextTurn();
  }
}

/** Who gets nothing, as far as the draw tells. */
export function findUnserved(survey: Survey, { lots, shares }: Draw) {
  const { terms, list, emails, disabled, planned, needed, capacity } = survey;
  const isShort = terms.mode === 'equal' && planned < Math.min(needed, capacity);
  const skipped = { ...FRESH.skipped, 'user-disabled': disabled.length };
  /** What each was to get, had there been enough. */
  const fairShare = Math.ceil(needed / list.length);
  let drewNone = 0;
  const errors: JobError[] = [];
  for (const [index, place] of lots.entries()) {
    if (shares[place]! > 0) continue;
    const entrant = list[place]!;
    const room = roomOf(terms, entrant);
    const reason = room === 0 ? 'assignment-limit-reached' : isShort ? 'out-of-stock' : null;
    if (reason === null) drewNone += 1;
    else {
      skipped[reason] += 1;
      const values = { given: 0, of: Math.min(room, fairShare) };
      errors.push({ line: index + 1, value: emails.get(entrant.userId)!, reason, values });
    }
  }
  for (const [index, { email }] of disabled.entries()) {
    errors.push({ line: list.length + index + 1, value: email, reason: 'user-disabled' });
  }
  return { skipped, drewNone, errors };
}

/** One step of giving out. @returns false when others hold all coupons that are left */
async function giveSome({ job, step }: JobContext, coupons: number): Promise<boolean> {
  const { bookId } = inputOf(job);
  const actor: Actor = { id: job.createdBy, role: 'ADMIN' };
  let moved = false;
  await step(async (trx) => {
    const progress = progressOf(job);
    // As many lots as such coupons go to on average, and some more; of lots that drew nothing, many.
    const limit = Math.min(STEP_ROWS, Math.ceil((coupons * progress.lots!) / Math.max(1, job.total!)) + 100);
    const shares = await listShares(trx, job.id, { afterLot: progress.lot, limit });
    const wishes = progress.exhausted ? [] : wishesOf(shares, coupons);
    const afterId = progress.couponId;
    const { grants, inStock, lastId } =
      wishes.length > 0
        ? await assignMany(trx, { bookId, actor, jobId: job.id, afterId }, wishes)
        : { grants: [], inStock: !progress.exhausted, lastId: afterId };
    const granted = wishes.map(({ lot }, index) => ({ lot, ...grants[index]! }));
    await addGiven(
      trx,
      job.id,
      granted.filter(({ given }) => given > 0),
    );
    progress.couponId = lastId;
    progress.exhausted = !inStock;
    const unserved = settleShares(progress, shares, new Map(granted.map((grant) => [grant.lot, grant])));
    moved = progress.lot > progressOf(job).lot || granted.some(({ given }) => given > 0);
    return {
      done: progress.assigned,
      checkpoint: { ...progress },
      errors: await toErrors(trx, unserved),
    };
  });
  return moved;
}

/** The open part of the first shares, as many coupons as a step gives; the last share may be cut. */
function wishesOf(
  shares: readonly Share[],
  coupons: number,
): { lot: number; userId: string; count: number }[] {
  const wishes = [];
  let left = coupons;
  for (const { lot, userId, share, given } of shares) {
    if (left === 0) break;
    const count = Math.min(share - given, left);
    if (count > 0) wishes.push({ lot, userId, count });
    left -= count;
  }
  return wishes;
}

interface Unserved {
  line: number;
  userId: string;
  reason: Shortfall;
  values: { given: number; of: number };
}

/** Counts what was given, and moves on to the first lot that is still to get something. */
function settleShares(
  progress: Progress,
  shares: readonly Share[],
  granted: ReadonlyMap<number, Grant>,
): Unserved[] {
  const unserved: Unserved[] = [];
  let isOpen = false;
  for (const { lot, userId, share, given: before } of shares) {
    const { given, refusal } = granted.get(lot) ?? { given: 0, refusal: null };
    const total = before + given;
    progress.assigned += given;
    if (before === 0 && given > 0) progress.served += 1;
    isOpen ||= total < share && refusal === null && !progress.exhausted;
    if (isOpen) continue;
    progress.lot = lot;
    if (total === share) continue;
    const reason = refusal ?? 'out-of-stock';
    if (total === 0) progress.skipped[reason] += 1;
    unserved.push({ line: lot, userId, reason, values: { given: total, of: share } });
  }
  return unserved;
}

async function toErrors(trx: Transaction, unserved: readonly Unserved[]): Promise<JobError[]> {
  if (unserved.length === 0) return [];
  const emails = await findEmails(
    trx,
    unserved.map(({ userId }) => userId),
  );
  return unserved.map(({ userId, ...rest }) => ({ ...rest, value: emails.get(userId)! }));
}
