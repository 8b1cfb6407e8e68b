/** A map that forgets. */
export interface RecentMap<K, V> {
  get: (key: K) => V | undefined;
  /** The entry is the newest then. */
  set: (key: K, value: V) => void;
  delete: (key: K) => void;
  clear: () => void;
}

/**
 * Keeps the entries that were set last: at least half of `size` and at most all, in constant time. They go by generations, since a Map
 * whose first entry is taken out again and again takes longer and longer to find it.
 */
export function createRecentMap<K, V>(size: number): RecentMap<K, V> {
  let [young, old] = [new Map<K, V>(), new Map<K, V>()];
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= size / 2 && !young.has(key)) [young, old] = [new Map<K, V>(), young];
      young.set(key, value);
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    clear() {
      young.clear();
      old.clear();
    },
  };
}
