import { nextTick, type Ref, watch } from 'vue';
import type { ApiProblem } from '../api/problem';

/** After a refusal, moves the focus to the first field with an error, or to `fallback`. */
export function useFocusOnFirstError(
  form: Readonly<Ref<HTMLElement | null>>,
  problem: Readonly<Ref<ApiProblem | null>>,
  fallback?: string,
): void {
  watch(problem, async (found) => {
    if (!found) return;
    await nextTick();
    const field =
      form.value?.querySelector<HTMLElement>('[aria-invalid="true"]') ??
      (fallback === undefined ? null : form.value?.querySelector<HTMLElement>(fallback));
    field?.focus();
    if (field instanceof HTMLInputElement) field.select();
  });
}
