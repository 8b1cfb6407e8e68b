import { computed, type ComputedRef, onScopeDispose, ref, watch } from 'vue';

/**
 * Shows a list `atOnce` items at a time, each in a task of its own, so that the page stays responsive while many cards are drawn.
 * What is there from the start is shown at once: the reader may have come back to the middle of it.
 */
export function useGradually<T>(items: ComputedRef<readonly T[] | undefined>, atOnce: number) {
  const length = computed(() => items.value?.length ?? 0);
  const drawn = ref(length.value);
  /** True until all items are shown. What follows the list would move with each of them. */
  const isFilling = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function draw(): void {
    clearTimeout(timer);
    drawn.value = Math.min(length.value, drawn.value + atOnce);
    if (drawn.value < length.value) timer = setTimeout(draw);
    else isFilling.value = false;
  }
  watch(
    length,
    (_now, before) => {
      if (before === 0) isFilling.value = true;
      draw();
    },
    // A new first item must not push a shown one out.
    { flush: 'sync' },
  );
  onScopeDispose(() => clearTimeout(timer));

  return { shown: computed(() => items.value?.slice(0, drawn.value) ?? []), isFilling };
}
