import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import type { JobWork } from '../jobs/run.ts';
import { checkPattern, refuseFull } from './generate.ts';
import { packCodes } from './packed.ts';
import { drawCodes, readPattern, shuffleCodes } from './pattern.ts';
import { findHighestCouponId, insertDrawnCodes, lockTightPatterns } from './queries.ts';
import type { GenerateBody, GenerateResult } from './schemas.ts';
import type { IdRange } from './undo.ts';

/** Codes of one step: some tenths of a second. */
const STEP_CODES = 10_000;
/** Largest pattern whose codes are shuffled instead of drawn (64 MB of memory). */
const MAX_SHUFFLED = 2n ** 24n;

/** What was asked for, with its pattern in full. */
export interface GenerateInput {
  count: number;
  pattern: string;
  charset: string;
  /** More than half of the pattern will be taken: drawing would hit what exists again and again. */
  dense: boolean;
  capacity: string;
}

/**
 * Checks what is asked for, before there is a job.
 * @throws {Problem} not-found, book-not-active; invalid-request with the numbers when the codes could be guessed or the pattern has
 * too few left
 */
export async function prepareGeneration(
  trx: Transaction,
  bookId: string,
  body: GenerateBody,
): Promise<GenerateInput> {
  const pattern = readPattern(body);
  await keepOpenBook(trx, bookId);
  const { count, allowGuessable = false } = body;
  const { dense } = await checkPattern(trx, { pattern, count, allowGuessable });
  return {
    count,
    pattern: pattern.text,
    charset: pattern.charset,
    dense,
    capacity: String(pattern.capacity),
  };
}

/** Stores exactly as many new codes as were asked for; those that exist already are drawn again. */
export const generateWork: JobWork = {
  async run({ db, job, step }) {
    const input = job.input as unknown as GenerateInput;
    const pattern = readPattern(input);
    const open = () =>
      input.dense && pattern.capacity <= MAX_SHUFFLED ? shuffleCodes(pattern) : drawCodes(pattern);
    const range = (job.checkpoint as IdRange | null) ?? {
      firstId: await findHighestCouponId(db, job.bookId!),
    };
    let source: Iterator<string, void> = open();
    const packed = packCodes(STEP_CODES);
    while (job.done < input.count) {
      const missing = Math.min(STEP_CODES, input.count - job.done);
      const wanted = input.dense ? STEP_CODES : missing;
      let ended = false;
      for (let drawn = 0; drawn < wanted && !ended; drawn += 1) {
        const { value } = source.next();
        if (value === undefined) ended = true;
        else packed.add(value);
      }
      const codes = packed.take();
      await step(async (trx) => {
        await allowBulkWork(trx);
        if (input.dense) await lockTightPatterns(trx);
        await keepOpenBook(trx, job.bookId!);
        const stored = await insertDrawnCodes(trx, { bookId: job.bookId!, batchId: job.id }, codes, missing);
        if (stored === 0) await refuseFull(trx, pattern, input.count - job.done);
        return {
          done: job.done + stored,
          checkpoint: { ...range, lastId: await findHighestCouponId(trx, job.bookId!) },
        };
      });
      // Others store codes too: what the shuffle has passed may be free again, or never have been.
      if (ended) source = open();
    }
  },
  report: ({ done, input }) =>
    ({ stored: done, capacity: (input as unknown as GenerateInput).capacity }) satisfies GenerateResult,
};
