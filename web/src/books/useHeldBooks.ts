import { useQuery } from '@pinia/colada';
import { computed } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { useSessionStore } from '../accounts/useSessionStore';
import { useRefetchOnEvents } from '../history/useRefetchOnEvents';
import { useReload } from '../ui/useReload';

const HELD = ['books', 'held'];
const PAUSE_MS = 1_000;

/** The books of the reader's coupons, past ones too; read again when a coupon comes or goes. */
export function useHeldBooks() {
  const { data, error } = useQuery({
    key: HELD,
    query: ({ signal }) =>
      unwrap(api.GET('/api/v1/books/held', { params: { query: { limit: 200 } }, signal })),
  });
  const byId = computed(() => new Map(data.value?.items.map((held) => [held.book.id, held])));
  const reload = useReload();
  const session = useSessionStore();
  // Opens the stream, after the requests that the page waits for.
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
    left: ({ id, maxAssignmentsPerUser: most }: Schemas['Book']) =>
      most === null ? null : Math.max(0, most - (byId.value.get(id)?.assigned ?? 0)),
    refresh: () => void reload(HELD),
  };
}
