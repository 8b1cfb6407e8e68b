import { useQuery } from '@pinia/colada';
import { api, type Schemas, unwrap } from '../api/client';
import { useRefetchOnEvents } from '../history/useRefetchOnEvents';

/** With counts, about 600 bytes each. */
const AT_ONCE = 200;
const MOST = 1_000;
const PAUSE_MS = 5_000;

/** The books that are not archived, with their counts, newest first (at most a thousand), read again when coupons change. */
export function useLiveBooks() {
  const { data, error, refetch } = useQuery({
    key: ['books', 'list', 'live'],
    async query({ signal }) {
      const books: Schemas['ListedBook'][] = [];
      let cursor: string | undefined;
      do {
        const query = { archived: false, include: 'stats' as const, limit: AT_ONCE, cursor };
        const page = await unwrap(api.GET('/api/v1/books', { params: { query }, signal }));
        books.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && books.length < MOST);
      return books;
    },
  });
  useRefetchOnEvents(() => true, refetch, PAUSE_MS);
  return { books: data, error, refetch };
}
