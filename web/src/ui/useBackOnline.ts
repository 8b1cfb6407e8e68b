import { useOnline } from '@vueuse/core';
import { watch } from 'vue';
import { useLiveStore } from '../history/useLiveStore';

/** Calls when the connection is back: what was said about its loss has lost its cause. */
export function useBackOnline(call: () => unknown): void {
  const online = useOnline();
  const live = useLiveStore();
  watch(
    () => online.value && !live.interrupted,
    (isBack) => isBack && call(),
  );
}
