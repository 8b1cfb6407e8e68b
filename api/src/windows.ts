import { createRecentMap } from './recent-map.ts';

/** What a key has used since its window began. */
export interface Window {
  used: number;
  /** By `performance.now()`. */
  endsAt: number;
}

/** Most keys that are remembered (about 200 bytes each); those of longest ago are forgotten first. */
const MAX_KEYS = 50_000;

/** Counts by key (an address, an account) in windows, each of which begins with the key's first use. Takes constant space. */
export function createWindows(windowMs: number) {
  const windows = createRecentMap<string, Window>(MAX_KEYS);

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
      window.used += 1;
      windows.set(key, window);
      return window;
    },
  };
}
