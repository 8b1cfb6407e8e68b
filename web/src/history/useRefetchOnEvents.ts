import { useThrottleFn } from '@vueuse/core';
import { onScopeDispose } from 'vue';
import { type LiveEvent, useLiveStore } from './useLiveStore';

/** Reads something again when an event concerns it, at most once per pause, and never after the page was left. */
export function useRefetchOnEvents(
  concerns: (event: LiveEvent) => boolean,
  refetch: () => Promise<unknown>,
  pauseMs: number,
): void {
  let left = false;
  const again = useThrottleFn(() => void (left || refetch()), pauseMs, true);
  const stop = useLiveStore().onEvent((event) => {
    if (concerns(event)) void again();
  });
  onScopeDispose(() => {
    left = true;
    stop();
  });
}
