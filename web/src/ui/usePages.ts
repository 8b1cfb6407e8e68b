import { type EntryKey, useQuery } from '@pinia/colada';
import { computed, ref } from 'vue';

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** How long a page is kept after it was left: turning back is instant, and a thousand pages do not pile up. */
const KEPT_MS = 10_000;

/**
 * A list of the API, one page at a time, so that its length costs the browser nothing. While a page loads, the previous one stays
 * on the screen (`isStale`).
 * @param key what the list shows, with its filters: a new key starts at the first page
 */
export function usePages<T>(
  key: () => EntryKey,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  /** The cursors of page two to the current page, for the list with this key. */
  const turned = ref<{ of: string; cursors: string[] }>({ of: '', cursors: [] });
  const list = computed(() => JSON.stringify(key()));
  const cursors = computed(() => (turned.value.of === list.value ? turned.value.cursors : []));
  const cursor = computed(() => cursors.value.at(-1));

  const { data, error, refetch, isPlaceholderData } = useQuery({
    key: () => [...key(), 'page', cursor.value ?? 'first'],
    query: ({ signal }) => load(cursor.value, signal),
    placeholderData: (before: Page<T> | undefined) => before,
    gcTime: KEPT_MS,
  });

  const number = computed(() => cursors.value.length + 1);
  const hasNext = computed(() => !isPlaceholderData.value && (data.value?.nextCursor ?? null) !== null);
  const turnTo = (next: string[]) => (turned.value = { of: list.value, cursors: next });

  function next(): void {
    if (hasNext.value) turnTo([...cursors.value, data.value!.nextCursor!]);
  }
  function previous(): void {
    turnTo(cursors.value.slice(0, -1));
  }

  function toFirst(): void {
    turnTo([]);
  }

  return {
    items: computed(() => data.value?.items),
    error,
    refetch,
    isStale: isPlaceholderData,
    number,
    hasNext,
    next,
    previous,
    toFirst,
  };
}
