import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { takeTurns } from '../../../database/turns.ts';
import type { Answer } from '../../../answers/answer.ts';
import { currentSpan, inSharedSpan, isTracing } from '../../../telemetry/tracing.ts';
import type { Find, SubmitCommand, SubmittedCommand } from './command.ts';
import { findByCode, findToAssign } from './find-by-code.ts';
import { createFindRandom } from './find-random.ts';
import { createGroupCommit } from './group-commit.ts';
import { settle } from './settle.ts';

export type LaneName = 'assign-random' | 'assign-code' | 'by-code';

/** Most books that wait for their turn to have a group settled. */
const MAX_WAITING_BOOKS = 2_000;

export interface LanesOptions {
  db: Database;
  /** Most books that have a group under way at a time: a rush on many leaves connections for everybody else. */
  maxBooksAtOnce: number;
  /** As that of `createGroupCommit`. */
  stuckMs?: number;
  /** Told of each group: its lane, how many commands it settled, how long it took. */
  onGroup?: (lane: LaneName, size: number, seconds: number) => void;
}

/**
 * Where commands enter. Those that lock the same rows in the same way share a lane, and each lane settles one group at a time (a second
 * one beside a group that is stuck): random assignments book by book, assignments by code, and commands on coupons that have an
 * owner.
 */
export function createLanes({ db, maxBooksAtOnce, stuckMs, onGroup }: LanesOptions): SubmitCommand {
  type Lane = ReturnType<typeof createGroupCommit<SubmittedCommand, Answer>>;

  const inTurn = takeTurns(maxBooksAtOnce, MAX_WAITING_BOOKS);

  const openLane = (name: LaneName, find: Find, onIdle?: () => void): Lane =>
    createGroupCommit<SubmittedCommand, Answer>({
      run: async (commands, alone) => {
        const started = performance.now();
        try {
          const work = () =>
            inTransaction(db, (trx) => settle(trx, commands, find), { byIndex: true, waitsLittle: alone });
          if (!isTracing()) return await work();
          const spans = commands.flatMap(({ span }) => span ?? []);
          return await inSharedSpan(
            'coupon group',
            spans,
            { 'coupon_book.lane': name, 'coupon_book.group_size': commands.length },
            work,
          );
        } finally {
          onGroup?.(name, commands.length, (performance.now() - started) / 1000);
        }
      },
      keysOf: ({ code, claim }) => [
        ...(code === null ? [] : [`code ${code}`]),
        ...(claim === null ? [] : [`claim ${claim.keyHash.toString('base64')}`]),
      ],
      ...(name === 'assign-random' && { inTurn }),
      stuckMs,
      onIdle,
    });

  const assignCode = openLane('assign-code', findToAssign);
  const byCode = openLane('by-code', findByCode);
  const random = new Map<string, Lane>();
  const findRandom = createFindRandom();

  const randomOf = (bookId: string): Lane => {
    let lane = random.get(bookId);
    if (!lane) {
      lane = openLane('assign-random', findRandom, () => random.delete(bookId));
      random.set(bookId, lane);
    }
    return lane;
  };

  return (command) => {
    if (isTracing()) command.span = currentSpan();
    if (command.code === null) return randomOf(command.bookId!).submit(command, command.deadline);
    return (command.type === 'assign' ? assignCode : byCode).submit(command, command.deadline);
  };
}
