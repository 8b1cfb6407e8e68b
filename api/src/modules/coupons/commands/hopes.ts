import { createRecentMap } from '../../../recent-map.ts';
import type { BookRules } from '../state.ts';

/** A book as it was read, with what tells whether it is still the same. */
export interface KnownBook extends BookRules {
  /** The rules as text, in the words of the database. */
  version: string;
  /** The clock of the database when it was read. */
  now: Date;
}

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
