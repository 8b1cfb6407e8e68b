import type { Transaction } from '../../database/connection.ts';
import { createRecentMap } from '../../recent-map.ts';
import { findPlaces, type Place } from './queries.ts';

/** Most places that are remembered: some ten megabytes. */
const MAX_KNOWN = 100_000;

/** Remembers where coupons are, so that commands need not ask the register: it is long until a code is removed and stored anew. */
export interface Places {
  /** Where codes are, as far as they exist. What is remembered may be gone; then no coupon is found there. */
  find: (trx: Transaction, codes: readonly string[]) => Promise<Map<string, Place>>;
  /** The same, by what the register says now. */
  findAnew: (trx: Transaction, codes: readonly string[]) => Promise<Map<string, Place>>;
  /** Coupons that were just given are likely to be asked for. */
  remember: (coupons: readonly (Place & { code: string })[]) => void;
}

export function createPlaces(): Places {
  const known = createRecentMap<string, Place>(MAX_KNOWN);

  const findAnew: Places['findAnew'] = async (trx, codes) => {
    for (const code of codes) known.delete(code);
    const found = await findPlaces(trx, codes);
    for (const [code, place] of found) known.set(code, place);
    return found;
  };

  return {
    findAnew,
    async find(trx, codes) {
      const places = new Map(
        codes.flatMap((code) => {
          const place = known.get(code);
          return place ? [[code, place]] : [];
        }),
      );
      const unknown = codes.filter((code) => !places.has(code));
      const others = unknown.length > 0 ? await findAnew(trx, unknown) : [];
      return new Map([...places, ...others]);
    },
    remember(coupons) {
      for (const { code, bookId, id } of coupons) known.set(code, { bookId, id });
    },
  };
}
