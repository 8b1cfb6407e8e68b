import { useQuery } from '@pinia/colada';
import { useThrottleFn } from '@vueuse/core';
import { type MaybeRefOrGetter, onScopeDispose, toValue } from 'vue';
import { api, unwrap } from '../api/client';
import { useLiveStore } from '../stores/live';

/** Counts are asked for this often at most while a lot happens. */
const PAUSE_MS = 2_000;

/** The counts of a book, or of all of them, asked for anew when something happens to its coupons. */
export function useBookStats(bookId?: MaybeRefOrGetter<string>) {
  const live = useLiveStore();
  const { data, error, refetch } = useQuery({
    key: () => (bookId === undefined ? ['stats'] : ['books', toValue(bookId), 'stats']),
    query: ({ signal }) =>
      bookId === undefined
        ? unwrap(api.GET('/api/v1/stats', { signal }))
        : unwrap(api.GET('/api/v1/books/{id}/stats', { params: { path: { id: toValue(bookId) } }, signal })),
  });
  const again = useThrottleFn(() => void refetch(), PAUSE_MS, true);
  const stop = live.onEvent((event) => {
    if (bookId === undefined || event.bookId === toValue(bookId)) void again();
  });
  onScopeDispose(stop);
  return { stats: data, error, refetch };
}
