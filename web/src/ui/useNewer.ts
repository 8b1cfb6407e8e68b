import { onScopeDispose, ref } from 'vue';
import { type LiveEvent, useLiveStore } from '../history/useLiveStore';
import type { usePages } from './usePages';

/**
 * Whether something has happened since a list was read. The list waits for a click before it changes: rows should not move while
 * somebody reads them or reaches for a button.
 */
export function useNewer(
  concerns: (event: LiveEvent) => boolean,
  pages: Pick<ReturnType<typeof usePages>, 'refetch' | 'toFirst'>,
) {
  const hasNewer = ref(false);
  onScopeDispose(
    useLiveStore().onEvent((event) => {
      if (concerns(event)) hasNewer.value = true;
    }),
  );

  async function showNewer(): Promise<void> {
    hasNewer.value = false;
    pages.toFirst();
    await pages.refetch();
  }

  return { hasNewer, showNewer };
}
