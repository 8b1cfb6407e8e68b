/** What a key has used since its window began. */
export interface Window {
  used: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/** Most keys that are remembered (about 200 bytes each); the longest unseen is forgotten first. */
const MAX_KEYS = 50_000;

/** Counts by key (an address, an account) in windows, each of which begins with the key's first use. Takes constant space. */
export function createWindows(windowMs: number) {
  /** The longest unseen first. */
  const windows = new Map<string, Window>();

  function find(key: string, now: number): Window | undefined {
    const window = windows.get(key);
    return window && window.endsAt > now ? window : undefined;
  }

  return {
    /** The window of a key that has not ended. */
    find,
    /** Counts one. */
    use(key: string, now: number): Window {
      const window = find(key, now) ?? { used: 0, endsAt: now + windowMs };
      if (!windows.delete(key) && windows.size >= MAX_KEYS) windows.delete(windows.keys().next().value!);
      window.used += 1;
      windows.set(key, window);
      return window;
    },
  };
}
