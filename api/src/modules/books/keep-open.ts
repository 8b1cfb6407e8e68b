import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { type BookRow, selectBookForKeyShare } from './queries.ts';

/**
 * A book that takes new codes, kept from being deleted while the transaction lasts. Before its start and after its end codes can
 * be added; archived is over.
 * @throws {Problem} not-found, book-not-active
 */
export async function keepOpenBook(trx: Transaction, id: string): Promise<BookRow> {
  const book = await selectBookForKeyShare(trx, id);
  if (!book) throw new Problem('not-found', 'no-such-book');
  if (book.archivedAt) throw new Problem('book-not-active', 'book-archived');
  return book;
}
