import type { Transaction } from '../../../database/connection.ts';
import { raiseCounters } from '../counters.ts';
import { findBooksOfCodes, selectBooksForKeyShare, selectCouponsForUpdateSkipLocked } from '../queries.ts';
import type { FindRest, Found, SubmittedCommand } from './command.ts';
import { AGAIN } from './group-commit.ts';

/** Finds the coupons that the commands of a group name, to assign them. */
export async function findToAssign(trx: Transaction, asked: SubmittedCommand[]): Promise<FindRest> {
  const places = await findBooksOfCodes(trx, codesOf(asked));
  return async (commands) => {
    if (commands.length === 0) return { found: [], counts: new Map(), reserved: [] };
    const free = (code: string) => places.get(code)?.state === 'UNASSIGNED';
    const reserved = commands.map(({ code, userId }) =>
      free(code!) ? { bookId: places.get(code!)!.bookId, userId, count: 1 } : null,
    );
    const wanted = reserved.filter((change) => change !== null);
    // Issued in the one order of locks.
    const [, counts, coupons] = await Promise.all([
      selectBooksForKeyShare(trx, [...new Set(wanted.map(({ bookId }) => bookId))]),
      raiseCounters(trx, wanted),
      selectCouponsForUpdateSkipLocked(trx, codesOf(commands)),
    ]);
    const found = commands.map((command, index): Found => {
      const row = coupons.get(command.code!);
      if (!row) return places.has(command.code!) ? AGAIN : missing(command);
      // Given back between the look and the lock: its counter is not ours yet.
      if (row.state === 'UNASSIGNED' && !reserved[index]) return AGAIN;
      return { coupon: row, book: row, now: row.now };
    });
    return { found, counts, reserved: wanted };
  };
}

/**
 * Finds the coupons that the commands of a group name, to lock, unlock or redeem them; also those of commands that turn out to have been
 * answered before, which need nothing: they are let go with the transaction.
 */
export async function findByCode(trx: Transaction, asked: SubmittedCommand[]): Promise<FindRest> {
  const coupons = await selectCouponsForUpdateSkipLocked(trx, codesOf(asked));
  return async (commands) => {
    const absent = codesOf(commands).filter((code) => !coupons.has(code));
    const held = absent.length > 0 ? await findBooksOfCodes(trx, absent) : new Map();
    const found = commands.map((command): Found => {
      const row = coupons.get(command.code!);
      if (row) return { coupon: row, book: row, now: row.now };
      return held.has(command.code!) ? AGAIN : missing(command);
    });
    return { found, counts: new Map(), reserved: [] };
  };
}

const codesOf = (commands: readonly SubmittedCommand[]) => commands.map(({ code }) => code!);

/** To a USER, a code that does not exist is like one of somebody else's. */
const missing = ({ actor }: SubmittedCommand) => (actor.role === 'ADMIN' ? 'not-found' : 'not-your-coupon');
