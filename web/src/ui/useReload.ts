import { type EntryKey, useQueryCache } from '@pinia/colada';

/**
 * Reads again the visible queries whose keys start like this; without a key, all of them. Never throws: each query shows its own
 * error on the page.
 */
export function useReload(): (key?: EntryKey) => Promise<void> {
  const queries = useQueryCache();
  return async (key) => {
    await queries.invalidateQueries({ key }).catch(() => {});
  };
}
