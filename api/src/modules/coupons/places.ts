import type { Database, Transaction } from '../../database/connection.ts';
import { createRecentMap } from '../../recent-map.ts';
import { findPlaces, type Place } from './queries.ts';

/** Most places that are remembered: some ten megabytes. */
const MAX_KNOWN = 100_000;

/** Where a coupon is, and how often it is expected to have been redeemed: as often as when it was last seen here. */
export interface ExpectedPlace extends Place {
  redemptionCount: number;
}

/** Remembers where coupons are, so that commands need not ask the register: it is long until a code is removed and stored anew. */
export interface Places {
  /** Where codes are, as far as they exist. What is remembered may be gone; then no coupon is found there. */
  find: (db: Database | Transaction, codes: readonly string[]) => Promise<Map<string, ExpectedPlace>>;
  /** The same, by what the register says now. */
  findAnew: (db: Database | Transaction, codes: readonly string[]) => Promise<Map<string, ExpectedPlace>>;
  /** Coupons that were just given or changed are likely to be asked for. */
  remember: (coupons: readonly (ExpectedPlace & { code: string })[]) => void;
}

export function createPlaces(): Places {
  const known = createRecentMap<string, ExpectedPlace>(MAX_KNOWN);

  const findAnew: Places['findAnew'] = async (db, codes) => {
    for (const code of codes) known.delete(code);
    const found = new Map<string, ExpectedPlace>();
    for (const [code, place] of await findPlaces(db, codes)) {
      const expected = { ...place, redemptionCount: 0 };
      known.set(code, expected);
      found.set(code, expected);
    }
    return found;
  };

  return {
    findAnew,
    async find(db, codes) {
      const places = new Map(
        codes.flatMap((code) => {
          const place = known.get(code);
          return place ? [[code, place]] : [];
        }),
      );
      const unknown = codes.filter((code) => !places.has(code));
      const others = unknown.length > 0 ? await findAnew(db, unknown) : [];
      return new Map([...places, ...others]);
    },
    remember(coupons) {
      for (const { code, bookId, id, redemptionCount } of coupons)
        known.set(code, { bookId, id, redemptionCount });
    },
  };
}
