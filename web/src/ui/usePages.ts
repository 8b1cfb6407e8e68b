import { type EntryKey, useQuery } from '@pinia/colada';
import { computed, ref } from 'vue';

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A page that is left: turned back at once it is there; turning a thousand pages keeps few. */
const KEPT_MS = 10_000;

/**
 * A list of the API, page by page: one page is shown at a time, so that a list of any length costs the tab the same.
 * While a page is loaded, the one before stays, `isStale`.
 * @param key what the list shows, with its filters: another key begins at its first page
 */
export function usePages<T>(
  key: () => EntryKey,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  /** The cursors of the pages from the second to the one that is shown, of the list with this key. */
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
