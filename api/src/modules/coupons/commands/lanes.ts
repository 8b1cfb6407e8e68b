import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { takeTurns } from '../../../database/turns.ts';
import type { Answer } from '../../../answers/answer.ts';
import { createBatcher } from './batcher.ts';
import { createRandomLoad, loadByCode, loadForAssign } from './load.ts';
import { type Load, settle, type TransitionRequest } from './settle.ts';

export type Lane = 'assign-random' | 'assign-code' | 'by-code';

/** Most books that wait for their turn to have a batch written. */
const MAX_WAITING_BOOKS = 2_000;

export interface CommandOptions {
  db: Database;
  /** Most books that have a batch under way at a time: a rush on many leaves connections for everybody else. */
  maxBooksAtOnce: number;
  /** As the batcher's. */
  stuckMs?: number;
  /** Told of each batch: its lane, how many requests it settled, how long it took. */
  onBatch?: (lane: Lane, size: number, seconds: number) => void;
}

/** Resolves with the answer once its transaction is committed. */
export type SubmitCommand = (request: TransitionRequest) => Promise<Answer>;

/**
 * Where commands enter. Requests that lock the same things in the same way share a lane, and each lane writes one batch at a time (a
 * second one beside a batch that is stuck): random assignments book by book, assignments by code, and commands on coupons that have an
 * owner.
 */
export function createCommands({ db, maxBooksAtOnce, stuckMs, onBatch }: CommandOptions): SubmitCommand {
  type Batcher = ReturnType<typeof createBatcher<TransitionRequest, Answer>>;

  const inTurn = takeTurns(maxBooksAtOnce, MAX_WAITING_BOOKS);

  const openLane = (lane: Lane, load: Load, onIdle?: () => void): Batcher =>
    createBatcher<TransitionRequest, Answer>({
      run: async (requests, alone) => {
        const started = performance.now();
        try {
          return await inTransaction(db, (trx) => settle(trx, requests, load), {
            byIndex: true,
            waitsLittle: alone,
          });
        } finally {
          onBatch?.(lane, requests.length, (performance.now() - started) / 1000);
        }
      },
      keysOf: ({ code, claim }) => [
        ...(code === null ? [] : [`code ${code}`]),
        ...(claim === null ? [] : [`claim ${claim.keyHash.toString('base64')}`]),
      ],
      ...(lane === 'assign-random' && { inTurn }),
      stuckMs,
      onIdle,
    });

  const assignCode = openLane('assign-code', loadForAssign);
  const byCode = openLane('by-code', loadByCode);
  const random = new Map<string, Batcher>();
  const loadRandom = createRandomLoad();

  const randomOf = (bookId: string): Batcher => {
    let batcher = random.get(bookId);
    if (!batcher) {
      batcher = openLane('assign-random', loadRandom, () => random.delete(bookId));
      random.set(bookId, batcher);
    }
    return batcher;
  };

  return (request) => {
    if (request.code === null) return randomOf(request.bookId!).submit(request, request.deadline);
    return (request.type === 'assign' ? assignCode : byCode).submit(request, request.deadline);
  };
}
