import { type EntryKey, useQueryCache } from '@pinia/colada';

/**
 * Reads anew what is shown of queries whose keys begin so; all of them without a key. Never throws: what could not be read says so
 * in its own place on the page.
 */
export function useReload(): (key?: EntryKey) => Promise<void> {
  const queries = useQueryCache();
  return async (key) => {
    await queries.invalidateQueries({ key }).catch(() => {});
  };
}
