import { useDocumentVisibility, useTimeoutPoll } from '@vueuse/core';
import { watch } from 'vue';

/** Calls `work` again and again, a second after its last end, while it is wanted and the tab is shown. */
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
