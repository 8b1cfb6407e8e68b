import type { Transaction } from '../../../database/connection.ts';
import { raiseCounters } from '../counters.ts';
import type { Places } from '../places.ts';
import {
  countRedemptions,
  findStates,
  selectBooksForKeyShare,
  selectCouponsForUpdateSkipLocked,
} from '../queries.ts';
import type { Coupon } from '../state.ts';
import type { Find, Found, SubmittedCommand } from './command.ts';
import { AGAIN } from './group-commit.ts';

/** Finds the coupons that the commands of a group name, to assign them. */
export function createFindToAssign(places: Places): Find {
  return async (trx, asked) => {
    const at = await places.find(trx, codesOf(asked));
    const states = await findStates(trx, [...at.values()]);
    return async (commands) => {
      if (commands.length === 0) return { found: [], counts: new Map(), reserved: [] };
      const reserved = commands.map(({ code, userId }) => {
        const place = at.get(code!);
        const isFree = place && states.get(place.id) === 'UNASSIGNED';
        return isFree ? { bookId: place.bookId, userId, count: 1 } : null;
      });
      const wanted = reserved.filter((change) => change !== null);
      // Issued in the one order of locks.
      const [, counts, coupons] = await Promise.all([
        selectBooksForKeyShare(trx, [...new Set(wanted.map(({ bookId }) => bookId))]),
        raiseCounters(trx, wanted),
        selectCouponsForUpdateSkipLocked(
          trx,
          commands.flatMap(({ code }) => at.get(code!) ?? []),
        ),
      ]);
      const held = await findHeld(trx, places, commands, at, coupons);
      const found = commands.map((command, index): Found => {
        const row = coupons.get(at.get(command.code!)?.id ?? 0);
        if (!row) return held.has(command.code!) ? AGAIN : missing(command);
        // Given back between the look and the lock: its counter is not ours yet.
        if (row.state === 'UNASSIGNED' && !reserved[index]) return AGAIN;
        return { coupon: row, book: row, now: row.now };
      });
      return { found, counts, reserved: wanted };
    };
  };
}

/**
 * Finds the coupons that the commands of a group name, to lock, unlock or redeem them; also those of commands that turn out to have been
 * answered before, which need nothing: they are let go with the transaction.
 */
export function createFindByCode(places: Places): Find {
  return async (trx, asked) => {
    const at = await places.find(trx, codesOf(asked));
    const redeemed = asked.flatMap(({ type, code }) => (type === 'redeem' ? (at.get(code!) ?? []) : []));
    const [coupons, redemptions] = await Promise.all([
      selectCouponsForUpdateSkipLocked(trx, [...at.values()]),
      redeemed.length > 0 ? countRedemptions(trx, redeemed) : new Map<number, number>(),
    ]);
    return async (commands) => {
      const held = await findHeld(trx, places, commands, at, coupons);
      const found = commands.map((command): Found => {
        const row = coupons.get(at.get(command.code!)?.id ?? 0);
        if (row && row.redemptionCount > 0) places.remember([afterwards(row, command)]);
        if (row) return { coupon: row, book: row, now: row.now, redemptions: redemptions.get(row.id) ?? 0 };
        return held.has(command.code!) ? AGAIN : missing(command);
      });
      return { found, counts: new Map(), reserved: [] };
    };
  };
}

/** A coupon as it is to be expected after a command. */
const afterwards = (coupon: Coupon, { type }: SubmittedCommand): Coupon => ({
  ...coupon,
  redemptionCount: coupon.redemptionCount + (type === 'redeem' ? 1 : 0),
});

const codesOf = (commands: readonly SubmittedCommand[]) => commands.map(({ code }) => code!);

/** Which codes exist although their coupons were not found: others hold those, or they are not any more where they were remembered. */
async function findHeld(
  trx: Transaction,
  places: Places,
  commands: readonly SubmittedCommand[],
  at: ReadonlyMap<string, { id: number }>,
  coupons: ReadonlyMap<number, unknown>,
): Promise<Map<string, unknown>> {
  const absent = codesOf(commands).filter((code) => !coupons.has(at.get(code)?.id ?? 0));
  return absent.length > 0 ? places.findAnew(trx, absent) : new Map();
}

/** To a USER, a code that does not exist is like one of somebody else's. */
const missing = ({ actor }: SubmittedCommand) => (actor.role === 'ADMIN' ? 'not-found' : 'not-your-coupon');
