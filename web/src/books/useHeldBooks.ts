import { useInfiniteQuery, useQuery } from '@pinia/colada';
import { computed } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { useSessionStore } from '../accounts/useSessionStore';
import { useRefetchOnEvents } from '../history/useRefetchOnEvents';
import { useReload } from '../ui/useReload';
import { useRoughNow } from '../ui/serverClock';

export type Book = Schemas['Book'];

const HELD = ['books', 'held'];
const CLAIMABLE = ['books', 'claimable'];
/** Few at a time: on a phone they stand above the coupons. */
const CLAIMABLE_PAGE = 6;
const PAUSE_MS = 1_000;

/** The books of the reader's coupons, also those that are over; read again when a coupon comes or goes. */
export function useHeldBooks() {
  const { data, error } = useQuery({
    key: HELD,
    query: ({ signal }) =>
      unwrap(api.GET('/api/v1/books/held', { params: { query: { limit: 200 } }, signal })),
  });
  const byId = computed(() => new Map(data.value?.items.map((held) => [held.book.id, held])));
  const reload = useReload();
  const session = useSessionStore();
  // Opens the stream: after what the page waits for has been asked.
  useRefetchOnEvents(
    ({ type, userId }) =>
      (type === 'coupon.assigned' || type === 'coupon.unassigned') && userId === session.user?.id,
    () => reload(HELD),
    PAUSE_MS,
  );
  return {
    isLoaded: computed(() => data.value !== undefined),
    error,
    books: computed(() => data.value?.items.map(({ book }) => book) ?? []),
    book: (id: string) => byId.value.get(id)?.book,
    /** Coupons of a book that the reader may still claim; null: no limit. */
    left: ({ id, maxAssignmentsPerUser: most }: Book) =>
      most === null ? null : Math.max(0, most - (byId.value.get(id)?.assigned ?? 0)),
    refresh: () => void reload(HELD),
  };
}

/** The books of which coupons can be claimed now, some at a time. */
export function useClaimableBooks() {
  const now = useRoughNow();
  const query = useInfiniteQuery({
    key: CLAIMABLE,
    query: ({ pageParam, signal }) => {
      const cursor = pageParam ?? undefined;
      const request = {
        params: { query: { archived: false, include: 'stock' as const, limit: CLAIMABLE_PAGE, cursor } },
        signal,
      };
      return unwrap(api.GET('/api/v1/books', request));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
  const reload = useReload();
  return {
    // An ADMIN is told of all books; and what was active may be over by now.
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

const isActive = ({ startsAt, expiresAt }: Book, now: number) =>
  (startsAt === null || Date.parse(startsAt) <= now) && (expiresAt === null || Date.parse(expiresAt) > now);
