import { computed, type ComputedRef, onScopeDispose, ref, watch } from 'vue';

/**
 * A list that grows on the screen by `atOnce` items in each task of the browser until all are there: drawn in one task, a page of cards
 * would keep it from answering for as long. What is there from the start is drawn at once, since one may have come back to the middle
 * of it.
 */
export function useGradually<T>(items: ComputedRef<readonly T[] | undefined>, atOnce: number) {
  const length = computed(() => items.value?.length ?? 0);
  const drawn = ref(length.value);
  /** From the first items until all that came with them are there: what follows the list would move with each. */
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
    // None that is drawn leaves the screen when another comes in before it.
    { flush: 'sync' },
  );
  onScopeDispose(() => clearTimeout(timer));

  return { shown: computed(() => items.value?.slice(0, drawn.value) ?? []), isFilling };
}
