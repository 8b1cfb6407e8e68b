import { type EntryKey, useQueryCache } from '@pinia/colada';

/**
 * Reads again the visible queries whose keys start like this; without a key, all of them. `exact`: only the one with this key. Never
 * throws: each query shows its own error on the page.
 */
export function useReload() {
  const queries = useQueryCache();
  return async (key?: EntryKey, { exact = false } = {}): Promise<void> => {
    await queries.invalidateQueries(key && exact ? { key, exact } : { key }).catch(() => {});
  };
}
