import { useToast } from '@nuxt/ui/composables';
import { toProblem } from '../api/problem';
import { useProblemText } from './useProblemText';

/** Toasts: they do not block, and a screen reader says them. */
export function useNotices() {
  const toast = useToast();
  const { problemText } = useProblemText();

  function success(title: string, description?: string): void {
    toast.add({ title, description, color: 'success', icon: 'i-lucide-circle-check' });
  }

  /** Says what failed (null: nothing); with `retry`, offers to try again. */
  function problem(error: unknown, retry?: { label: string; onClick: () => void }): void {
    if (error === null) return;
    toast.add({
      ...problemText(toProblem(error)),
      color: 'error',
      icon: 'i-lucide-circle-alert',
      actions: retry && [{ ...retry, color: 'neutral', variant: 'outline' }],
    });
  }

  /** Waits for `work`. If it fails, says so and resolves with undefined. */
  async function guard<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      problem(error);
      return undefined;
    }
  }

  return { success, problem, guard, clear: toast.clear };
}
