import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import { drawCodes, entropyBits, type Pattern, searchTerms, shuffleCodes } from './pattern.ts';
import {
  clearStagedCodes,
  copyStagedCodes,
  countCodesLike,
  createStagedCodes,
  findHighestCouponId,
  insertDrawnCodes,
  lockTightPatterns,
} from './queries.ts';
import type { Preview } from './schemas.ts';

/** A pattern must have this many codes for each that exists: one guess in a thousand may hit. */
const CODES_PER_CODE = 1000n;
/** Most codes staged at a time. */
const MAX_DRAW = 1_000_000;
/** Largest pattern whose codes are shuffled instead of drawn (64 MB of memory). */
const MAX_SHUFFLED = 2n ** 24n;
const ROWS_PER_PIECE = 5_000;
const SAMPLES = 10;

export interface GenerateOptions {
  bookId: string;
  pattern: Pattern;
  count: number;
  /** Store codes although they can be guessed. */
  allowGuessable: boolean;
  /** Told how many have been stored. */
  onProgress?: (stored: number) => void;
  signal?: AbortSignal;
}

/**
 * Stores exactly `count` new codes of a pattern in a book; those that exist already are drawn again.
 * @throws {Problem} not-found, book-not-active; invalid-request with the numbers when the codes could be guessed or the pattern
 * has too few left
 */
export async function generateCodes(
  trx: Transaction,
  options: GenerateOptions,
): Promise<{ stored: number; capacity: string }> {
  const { bookId, pattern, count, allowGuessable, onProgress, signal } = options;
  await keepOpenBook(trx, bookId);
  await allowBulkWork(trx);

  let dense = false;
  // Ids are at least as many as coupons: for most patterns this number is enough, and nothing has to be counted.
  if (isGuessable(pattern, await findHighestCouponId(trx), count)) {
    const check = async () => {
      const existing = await countCodesLike(trx, searchTerms(pattern));
      refuse(pattern, existing, count, allowGuessable);
      return existing;
    };
    if (isGuessable(pattern, await check(), count)) {
      // Two at once in a tight pattern would draw what the other has drawn, and each wait for the other.
      await lockTightPatterns(trx);
      dense = BigInt((await check()) + count) * 2n > pattern.capacity;
    }
  }

  await createStagedCodes(trx);
  const openSource = () =>
    dense && pattern.capacity <= MAX_SHUFFLED ? shuffleCodes(pattern) : drawCodes(pattern);
  let source: Iterator<string, void> = openSource();
  let stored = 0;
  for (let size = count; stored < count;) {
    signal?.throwIfAborted();
    const missing = count - stored;
    const drawn = await copyStagedCodes(trx, stageDraw(source, size));
    const added = await insertDrawnCodes(trx, bookId, drawn > missing ? missing : undefined);
    stored += added;
    onProgress?.(stored);
    if (stored === count) break;
    if (added === 0) {
      // Others store codes too. None left, or bad luck?
      refuse(pattern, await countCodesLike(trx, searchTerms(pattern)), count - stored, true);
      if (drawn < size) source = openSource();
    }
    const hits = Math.max(added / Math.max(drawn, 1), 1e-6);
    size = Math.min(MAX_DRAW, Math.ceil((count - stored) / hits));
    await clearStagedCodes(trx);
  }
  return { stored, capacity: String(pattern.capacity) };
}

/** What generating would do, and how safe the codes would be; stores nothing. */
export async function previewCodes(trx: Transaction, options: GenerateOptions): Promise<Preview> {
  const { bookId, pattern, count, allowGuessable } = options;
  await keepOpenBook(trx, bookId);
  await allowBulkWork(trx);
  const existing = await countCodesLike(trx, searchTerms(pattern));
  const after = BigInt(existing + count);
  const odds = (codes: number) => Number(codes) / Number(pattern.capacity);
  return {
    pattern: pattern.text,
    charset: pattern.charset,
    capacity: String(pattern.capacity),
    entropyBits: entropyBits(pattern),
    samples: drawCodes(pattern).take(SAMPLES).toArray(),
    existing,
    guess: { before: odds(existing), after: odds(existing + count), oneIn: String(pattern.capacity / after) },
    refusal: refusalOf(pattern, existing, count, allowGuessable),
  };
}

function isGuessable({ capacity }: Pattern, existing: number, count: number): boolean {
  return capacity < CODES_PER_CODE * BigInt(existing + count);
}

function refusalOf(
  pattern: Pattern,
  existing: number,
  count: number,
  allowGuessable: boolean,
): string | null {
  const { capacity } = pattern;
  const numbers = `the pattern has ${capacity} codes, ${existing} exist and ${count} are asked for`;
  if (BigInt(existing + count) > capacity) return `Too few codes are left: ${numbers}.`;
  if (allowGuessable || !isGuessable(pattern, existing, count)) return null;
  return (
    `The codes could be guessed: ${numbers}; ${CODES_PER_CODE * BigInt(existing + count)} would be needed. ` +
    'Make the pattern longer, or say allowGuessable.'
  );
}

/** @throws {Problem} invalid-request with the numbers */
function refuse(pattern: Pattern, existing: number, count: number, allowGuessable: boolean): void {
  const detail = refusalOf(pattern, existing, count, allowGuessable);
  if (!detail) return;
  throw new Problem('invalid-request', detail, {
    capacity: String(pattern.capacity),
    existing,
    count,
    needed: String(CODES_PER_CODE * BigInt(existing + count)),
  });
}

function* stageDraw(source: Iterator<string, void>, size: number): Generator<string> {
  let piece = '';
  for (let position = 1; position <= size; position += 1) {
    const { value } = source.next();
    if (value === undefined) break;
    piece += `${position}\t${value}\n`;
    if (position % ROWS_PER_PIECE === 0) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
