import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { explain, type Why } from '../../reasons.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import { drawCodes, entropyBits, type Pattern, searchTerms } from './pattern.ts';
import { countCodesLike, countPromisedCodes, findHighestIdOfAll, lockTightPatterns } from './queries.ts';
import { MAX_GENERATED, type Preview } from './schemas.ts';

/** A pattern must have this many codes for each that exists: one guess in a thousand may hit. */
const CODES_PER_CODE = 1000n;
const SAMPLES = 10;
/** Codes that others may be promising at this moment, unseen by us: as many as a hundred connections can ask for. */
const UNSEEN_CODES = 100 * MAX_GENERATED;

export interface GenerateOptions {
  bookId: string;
  pattern: Pattern;
  count: number;
  /** Store codes although they can be guessed. */
  allowGuessable: boolean;
}

/**
 * Whether so many codes of a pattern can be made, counting those that exist and those that unfinished jobs have promised.
 * @returns dense: more than half of the pattern will be taken, so that drawing would hit what exists again and again
 * @throws {Problem} invalid-request with the numbers when the codes could be guessed or the pattern has too few left
 */
export async function checkPattern(
  trx: Transaction,
  { pattern, count, allowGuessable }: Omit<GenerateOptions, 'bookId'>,
): Promise<{ dense: boolean }> {
  await allowBulkWork(trx, { inRequest: true });
  const promised = await countPromisedCodes(trx, pattern);
  // Ids are at least as many as coupons: for most patterns this number is enough, and nothing has to be counted.
  const others = (await findHighestIdOfAll(trx)) + promised + UNSEEN_CODES;
  if (!isGuessable(pattern, others, count)) return { dense: false };
  // Two at once would each not see what the other is about to promise.
  await lockTightPatterns(trx);
  const existing =
    (await countCodesLike(trx, searchTerms(pattern))) + (await countPromisedCodes(trx, pattern));
  refuse(pattern, existing, count, allowGuessable);
  return { dense: BigInt(existing + count) * 2n > pattern.capacity };
}

/** @throws {Problem} invalid-request when a pattern has fewer codes left than are missing, because others made some too */
export async function refuseFull(trx: Transaction, pattern: Pattern, missing: number): Promise<void> {
  refuse(pattern, await countCodesLike(trx, searchTerms(pattern)), missing, true);
}

/** What generating would do, and how safe the codes would be; stores nothing. */
export async function previewCodes(trx: Transaction, options: GenerateOptions): Promise<Preview> {
  const { bookId, pattern, count, allowGuessable } = options;
  await keepOpenBook(trx, bookId);
  await allowBulkWork(trx, { inRequest: true });
  const existing = await countCodesLike(trx, searchTerms(pattern));
  const after = BigInt(existing + count);
  const why = refusalOf(pattern, existing, count, allowGuessable);
  const odds = (codes: number) => Number(codes) / Number(pattern.capacity);
  return {
    pattern: pattern.text,
    charset: pattern.charset,
    capacity: String(pattern.capacity),
    entropyBits: entropyBits(pattern),
    samples: drawCodes(pattern).take(SAMPLES).toArray(),
    existing,
    guess: { before: odds(existing), after: odds(existing + count), oneIn: String(pattern.capacity / after) },
    refusal: why && explain(why),
  };
}

function isGuessable({ capacity }: Pattern, existing: number, count: number): boolean {
  return capacity < CODES_PER_CODE * BigInt(existing + count);
}

function refusalOf(pattern: Pattern, existing: number, count: number, allowGuessable: boolean): Why | null {
  const { capacity } = pattern;
  const needed = String(CODES_PER_CODE * BigInt(existing + count));
  const values = { capacity: String(capacity), existing, count, needed };
  if (BigInt(existing + count) > capacity) return { reason: 'too-few-codes', values };
  if (allowGuessable || !isGuessable(pattern, existing, count)) return null;
  return { reason: 'guessable-codes', values };
}

/** @throws {Problem} invalid-request with the numbers */
function refuse(pattern: Pattern, existing: number, count: number, allowGuessable: boolean): void {
  const why = refusalOf(pattern, existing, count, allowGuessable);
  if (why) throw new Problem('invalid-request', why);
}
