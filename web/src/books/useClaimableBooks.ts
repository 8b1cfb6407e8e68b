import { useInfiniteQuery } from '@pinia/colada';
import { computed } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { useReload } from '../ui/useReload';
import { useRoughNow } from '../ui/serverClock';

const CLAIMABLE = ['books', 'claimable'];
/** Few at a time: on a phone they stand above the coupons. */
const PAGE = 6;

/** The books with coupons that can be claimed now, a few at a time. */
export function useClaimableBooks() {
  const now = useRoughNow();
  const query = useInfiniteQuery({
    key: CLAIMABLE,
    query: ({ pageParam, signal }) => {
      const cursor = pageParam ?? undefined;
      const request = {
        params: { query: { archived: false, include: 'stock' as const, limit: PAGE, cursor } },
        signal,
      };
      return unwrap(api.GET('/api/v1/books', request));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
  const reload = useReload();
  return {
    // An ADMIN gets all books, and an active book may have ended meanwhile.
    books: computed(() =>
      query.data.value?.pages.flatMap(({ items }) => items.filter((book) => isActive(book, now.value))),
    ),
    error: query.error,
    refetch: query.refetch,
    hasMore: computed(() => !!query.data.value?.pages.at(-1)?.nextCursor),
    isLoading: computed(() => query.asyncStatus.value === 'loading'),
    loadMore: () => query.loadNextPage(),
    refresh: () => void reload(CLAIMABLE),
  };
}

const isActive = ({ startsAt, expiresAt }: Schemas['Book'], now: number) =>
  (startsAt === null || Date.parse(startsAt) <= now) && (expiresAt === null || Date.parse(expiresAt) > now);
