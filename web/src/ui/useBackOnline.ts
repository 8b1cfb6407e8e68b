import { useOnline } from '@vueuse/core';
import { watch } from 'vue';
import { useLiveStore } from '../history/useLiveStore';

/** Calls back when the connection is back, so that messages about its loss can go. */
export function useBackOnline(call: () => unknown): void {
  const online = useOnline();
  const live = useLiveStore();
  watch(
    () => online.value && !live.interrupted,
    (isBack) => isBack && call(),
  );
}
