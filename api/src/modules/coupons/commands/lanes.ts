import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { takeTurns } from '../../../database/turns.ts';
import type { Answer } from '../../../answers/answer.ts';
import { currentSpan, inSharedSpan, isTracing } from '../../../telemetry/tracing.ts';
import { createPlaces } from '../places.ts';
import type { Find, SubmitCommand, SubmittedCommand } from './command.ts';
import { createFindByCode, createFindToAssign } from './find-by-code.ts';
import { createFindRandom } from './find-random.ts';
import { type AGAIN, createGroupCommit } from './group-commit.ts';
import { createHopes } from './hopes.ts';
import { assignInOneTrip } from './one-trip.ts';
import { settle } from './settle.ts';

/** After so many groups in which everybody of a book got a coupon, the next one is expected to go well too. */
const HOPE_AFTER = 3;

export type LaneName = 'assign-random' | 'assign-code' | 'by-code';

/** Most books that wait for their turn to have a group settled. */
const MAX_WAITING_BOOKS = 2_000;

/** In one round trip; the usual way, by looking first; or so after the one trip had been refused by one of its checks. */
export type Path = 'one trip' | 'usual' | 'usual after all';

export interface LanesOptions {
  db: Database;
  /** Most books that have a group under way at a time: a rush on many leaves connections for everybody else. */
  maxBooksAtOnce: number;
  /** As that of `createGroupCommit`. */
  stuckMs?: number;
  /** Told of each group: its lane, how many commands it settled, how long it took, and by which path. */
  onGroup?: (lane: LaneName, size: number, seconds: number, path: Path) => void;
  /** How many groups of a book go well before the next is tried in one trip. */
  hopeAfter?: number;
}

/**
 * Where commands enter. Those that lock the same rows in the same way share a lane, and each lane settles one group at a time (a second
 * one beside a group that is stuck): random assignments book by book, assignments by code, and commands on coupons that have an
 * owner.
 */
export function createLanes({
  db,
  maxBooksAtOnce,
  stuckMs,
  onGroup,
  hopeAfter = HOPE_AFTER,
}: LanesOptions): SubmitCommand {
  type Lane = ReturnType<typeof createGroupCommit<SubmittedCommand, Answer>>;

  const inTurn = takeTurns(maxBooksAtOnce, MAX_WAITING_BOOKS);

  const places = createPlaces();
  const hopes = createHopes();
  /** Undefined: not tried, since there is no reason to expect that it goes well. Null: refused, nothing was done. */
  const tryOneTrip = async (
    commands: SubmittedCommand[],
  ): Promise<(Answer | typeof AGAIN)[] | null | undefined> => {
    const bookId = commands[0]!.bookId!;
    const hopeful = hopes.of(bookId);
    if (!hopeful || hopeful.groups < hopeAfter) return undefined;
    // Until it is known how it goes.
    hopes.dash(bookId);
    const given = await assignInOneTrip(db, commands, hopeful.book, places);
    if (given) hopes.confirm(bookId, hopeful.book, hopeful.groups);
    return given;
  };

  const openLane = (name: LaneName, find: Find, onIdle?: () => void): Lane =>
    createGroupCommit<SubmittedCommand, Answer>({
      run: async (commands, alone) => {
        const started = performance.now();
        let path: Path = 'usual';
        try {
          const work = async () => {
            const given = name === 'assign-random' && !alone ? await tryOneTrip(commands) : undefined;
            path = given ? 'one trip' : given === null ? 'usual after all' : 'usual';
            if (given) return given;
            return inTransaction(db, (trx) => settle(trx, commands, find), {
              byIndex: true,
              waitsLittle: alone,
            });
          };
          if (!isTracing()) return await work();
          const spans = commands.flatMap(({ span }) => span ?? []);
          return await inSharedSpan(
            'coupon group',
            spans,
            { 'coupon_book.lane': name, 'coupon_book.group_size': commands.length },
            work,
          );
        } finally {
          onGroup?.(name, commands.length, (performance.now() - started) / 1000, path);
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

  const assignCode = openLane('assign-code', createFindToAssign(places));
  const byCode = openLane('by-code', createFindByCode(places));
  const random = new Map<string, Lane>();
  const findRandom = createFindRandom(hopes, places);

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
