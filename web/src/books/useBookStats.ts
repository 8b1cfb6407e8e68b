import { useQuery } from '@pinia/colada';
import { type MaybeRefOrGetter, toValue } from 'vue';
import { api, unwrap } from '../api/client';
import { useRefetchOnEvents } from '../history/useRefetchOnEvents';

/** Counts are read at most this often. */
const PAUSE_MS = 2_000;

/** The counts of a book, or of all books, read again when something happens to its coupons. */
export function useBookStats(bookId?: MaybeRefOrGetter<string>) {
  const { data, error, refetch } = useQuery({
    key: () => (bookId === undefined ? ['stats'] : ['books', toValue(bookId), 'stats']),
    query: ({ signal }) =>
      bookId === undefined
        ? unwrap(api.GET('/api/v1/stats', { signal }))
        : unwrap(api.GET('/api/v1/books/{id}/stats', { params: { path: { id: toValue(bookId) } }, signal })),
  });
  useRefetchOnEvents((event) => bookId === undefined || event.bookId === toValue(bookId), refetch, PAUSE_MS);
  return { stats: data, error, refetch };
}
