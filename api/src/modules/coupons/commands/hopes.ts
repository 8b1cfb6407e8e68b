import { createRecentMap } from '../../../recent-map.ts';
import type { KnownBook } from '../queries.ts';

export interface Hopes {
  /** Everybody in a group got a coupon, as in so many groups before it. */
  confirm: (bookId: string, book: KnownBook, before?: number) => void;
  /** Somebody in a group did not, or nobody knows. */
  dash: (bookId: string) => void;
  /** How many groups in a row went well, and the book at the last of them. */
  of: (bookId: string) => { groups: number; book: KnownBook } | undefined;
}

/** Most books of which is known that everybody got a coupon in their last groups. */
const MAX_HOPEFUL = 1_000;

/** Remembers of which books coupons are given without a refusal: those for which the next group may expect the same. */
export function createHopes(): Hopes {
  const hopeful = createRecentMap<string, { groups: number; book: KnownBook }>(MAX_HOPEFUL);
  return {
    confirm(bookId, book, before = 0) {
      hopeful.set(bookId, { groups: before + 1, book });
    },
    dash: (bookId) => void hopeful.delete(bookId),
    of: (bookId) => hopeful.get(bookId),
  };
}

/** Whether the next group of a lane is expected to go well: after some in a row that did, and after more each time it was in vain. */
export interface Hope {
  isHigh: () => boolean;
  /** How a group went; in vain: one of which it was expected did not. */
  note: (how: 'well' | 'badly' | 'in vain') => void;
}

/** Most groups that have to go well before the next try. */
const MAX_PATIENCE = 100;

/** @param after how many groups have to go well before the first try */
export function createHope(after: number): Hope {
  let inARow = 0;
  let patience = after;
  return {
    isHigh: () => inARow >= patience,
    note(how) {
      if (how === 'in vain') patience = Math.min(2 * patience, MAX_PATIENCE);
      else if (how === 'well' && inARow >= patience) patience = after;
      inARow = how === 'well' ? inARow + 1 : 0;
    },
  };
}
