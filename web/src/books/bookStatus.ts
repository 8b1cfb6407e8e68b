import type { Schemas } from '../api/client';

type Book = Schemas['Book'];
type Counts = Schemas['BookCounts'];

/** A book with less than this share of its coupons free is low on stock. */
const LOW_SHARE = 0.1;

export type BookStatus = 'archived' | 'ended' | 'upcoming' | 'active';
export type Stock = 'empty' | 'soldOut' | 'low' | 'enough';

/** Whether a book is upcoming, active, ended or archived. @param now milliseconds since 1970 */
export function bookStatus(book: Book, now: number): BookStatus {
  if (book.archivedAt !== null) return 'archived';
  if (book.expiresAt !== null && Date.parse(book.expiresAt) <= now) return 'ended';
  if (book.startsAt !== null && Date.parse(book.startsAt) > now) return 'upcoming';
  return 'active';
}

export function stockOf({ total, unassigned }: Counts): Stock {
  if (total === 0) return 'empty';
  if (unassigned === 0) return 'soldOut';
  return unassigned / total < LOW_SHARE ? 'low' : 'enough';
}
