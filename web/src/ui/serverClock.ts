import { useIntervalFn } from '@vueuse/core';
import { computed, type ComputedRef, shallowRef, toValue, type MaybeRefOrGetter } from 'vue';

const ROUGH_MS = 10_000;

/**
 * How many milliseconds the database's clock is ahead of this machine's. Each `serverTime` is a little old when it arrives, so the
 * largest difference is the closest to the truth. It starts over when this machine's clock is changed.
 */
let offset: number | null = null;
let seenAt = { wall: Date.now(), steady: performance.now() };

/** Learns the time from an answer that carries it. */
export function noteServerTime(serverTime: string): void {
  const wall = Date.now();
  const drift = Math.abs(wall - seenAt.wall - (performance.now() - seenAt.steady));
  if (drift > 1_000) offset = null;
  seenAt = { wall, steady: performance.now() };
  const difference = Date.parse(serverTime) - wall;
  offset = offset === null ? difference : Math.max(offset, difference);
  // Right away: otherwise a new lock of one minute would show 1:01 until the next tick.
  now.value = serverNow();
}

/** The database's time now, in milliseconds since 1970. */
const serverNow = (): number => Date.now() + (offset ?? 0);

const now = shallowRef(serverNow());
useIntervalFn(() => (now.value = serverNow()), 250);
document.addEventListener('visibilitychange', () => (now.value = serverNow()));

const roughNow = computed(() => Math.floor(now.value / ROUGH_MS) * ROUGH_MS);

/** The database's time in milliseconds since 1970, updated every ten seconds. */
export const useRoughNow = (): ComputedRef<number> => roughNow;

/** Whole seconds until a time, never below 0; null without one. */
export function useSecondsUntil(time: MaybeRefOrGetter<string | null>): ComputedRef<number | null> {
  return computed(() => {
    const end = toValue(time);
    return end === null ? null : Math.max(0, Math.ceil((Date.parse(end) - now.value) / 1000));
  });
}
