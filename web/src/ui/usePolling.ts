import { useDocumentVisibility, useTimeoutPoll } from '@vueuse/core';
import { watch } from 'vue';

/** Calls `work` again, one second after its last end, as long as it is wanted and the tab is visible. */
export function usePolling(isWanted: () => boolean, work: () => Promise<unknown>): void {
  const visibility = useDocumentVisibility();
  const { pause, resume } = useTimeoutPoll(
    async () => {
      await work();
    },
    1_000,
    { immediate: false },
  );
  watch(
    () => isWanted() && visibility.value === 'visible',
    (isOn) => (isOn ? resume() : pause()),
    { immediate: true },
  );
}
