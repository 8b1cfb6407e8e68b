import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { takeTurns } from '../../../database/turns.ts';
import type { Answer } from '../../../answers/answer.ts';
import { currentSpan, inSharedSpan, isTracing } from '../../../telemetry/tracing.ts';
import { createPlaces } from '../places.ts';
import { assignInOneTrip } from './assign-in-one-trip.ts';
import type { Find, SubmitCommand, SubmittedCommand } from './command.ts';
import { createFindByCode, createFindToAssign } from './find-by-code.ts';
import { createFindRandom } from './find-random.ts';
import { AGAIN, createGroupCommit } from './group-commit.ts';
import { createHope, createHopes } from './hopes.ts';
import { createLockAndRedeemInOneTrip } from './lock-and-redeem-in-one-trip.ts';
import { isForNobody, nameUsers } from './name-users.ts';
import { settle } from './settle.ts';

/** After so many groups in which nobody was refused (of a book, of a lane), the next one is expected to go well too. */
const HOPE_AFTER = 3;

export type LaneName = 'assign-random' | 'assign-code' | 'by-code';

/** Most books that wait for their turn to have a group settled. */
const MAX_WAITING_BOOKS = 2_000;

/** In one round trip; the usual way, by looking first; or so after the one trip had been refused by one of its checks. */
export type Path = 'one trip' | 'usual' | 'usual after all';

type Answers = (Answer | typeof AGAIN)[];

/** Tries a group in one trip. Undefined: not tried, since there is no reason to expect that it goes well. Null: refused, nothing was done. */
type Try = (commands: SubmittedCommand[]) => Promise<Answers | null | undefined>;

export interface LanesOptions {
  db: Database;
  /** Most books that have a group under way at a time: a rush on many leaves connections for everybody else. */
  maxBooksAtOnce: number;
  /** As that of `createGroupCommit`. */
  stuckMs?: number;
  /** Told of each group: its lane, how many commands it settled, how long it took, and by which path. */
  onGroup?: (lane: LaneName, size: number, seconds: number, path: Path) => void;
  /** How many groups go well before the next is tried in one trip. */
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
  const assignTogether: Try = async (commands) => {
    const bookId = commands[0]!.bookId!;
    const hopeful = hopes.of(bookId);
    if (!hopeful || hopeful.groups < hopeAfter) return undefined;
    // Until it is known how it goes.
    hopes.dash(bookId);
    const given = await assignInOneTrip(db, commands, hopeful.book, places);
    if (given) hopes.confirm(bookId, hopeful.book, hopeful.groups);
    return given;
  };

  const hope = createHope(hopeAfter);
  const lockAndRedeem = createLockAndRedeemInOneTrip(db, places);
  const lockAndRedeemTogether: Try = async (commands) => {
    if (!hope.isHigh() || commands.some(({ type }) => type === 'unlock')) return undefined;
    const done = await lockAndRedeem(commands);
    if (!done) hope.note('in vain');
    return done;
  };

  const openLane = (
    name: LaneName,
    find: Find,
    more: { tryOneTrip?: Try; onSettled?: (answers: Answers) => void; onIdle?: () => void } = {},
  ): Lane =>
    createGroupCommit<SubmittedCommand, Answer>({
      run: async (submitted, alone) => {
        const started = performance.now();
        let path: Path = 'usual';
        try {
          const work = async () => {
            const commands = await nameUsers(db, submitted);
            const mayGoWell = !alone && !commands.some(isForNobody);
            const done = mayGoWell ? await more.tryOneTrip?.(commands) : undefined;
            path = done ? 'one trip' : done === null ? 'usual after all' : 'usual';
            const usually = () =>
              inTransaction(db, (trx) => settle(trx, commands, find), { byIndex: true, waitsLittle: alone });
            const answers = done ?? (await usually());
            more.onSettled?.(answers);
            return answers;
          };
          if (!isTracing()) return await work();
          const spans = submitted.flatMap(({ span }) => span ?? []);
          return await inSharedSpan(
            'coupon group',
            spans,
            { 'coupon_book.lane': name, 'coupon_book.group_size': submitted.length },
            work,
          );
        } finally {
          onGroup?.(name, submitted.length, (performance.now() - started) / 1000, path);
        }
      },
      keysOf: ({ code, claim }) => [
        ...(code === null ? [] : [`code ${code}`]),
        ...(claim === null ? [] : [`claim ${claim.keyHash.toString('base64')}`]),
      ],
      ...(name === 'assign-random' && { inTurn }),
      stuckMs,
      onIdle: more.onIdle,
    });

  const assignCode = openLane('assign-code', createFindToAssign(places));
  const byCode = openLane('by-code', createFindByCode(places), {
    tryOneTrip: lockAndRedeemTogether,
    onSettled: (answers) => hope.note(answers.every(isDone) ? 'well' : 'badly'),
  });
  const random = new Map<string, Lane>();
  const findRandom = createFindRandom(hopes, places);

  const randomOf = (bookId: string): Lane => {
    let lane = random.get(bookId);
    if (!lane) {
      lane = openLane('assign-random', findRandom, {
        tryOneTrip: assignTogether,
        onIdle: () => random.delete(bookId),
      });
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

/** Neither refused, nor put off, nor a repeat. */
const isDone = (answer: Answers[number]) => answer !== AGAIN && answer.status === 200 && !answer.replayed;
