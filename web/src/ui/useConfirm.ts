import { useOverlay } from '@nuxt/ui/composables';
import { defineAsyncComponent } from 'vue';

export interface Question {
  title: string;
  text?: string;
  /** What the button says: the act itself ("Delete"), not "OK". */
  confirm: string;
  /** `error` for what destroys. */
  color?: 'primary' | 'error' | 'success';
}

// Dialogs weigh 20 kB: loaded when one is asked for, or about to be.
const load = () => import('./ConfirmDialog.vue');
const ConfirmDialog = defineAsyncComponent(load);

/** Asks once, in a dialog: `if (await confirm({ … }))`. Resolves with false when it was closed in any other way. */
export function useConfirm() {
  const overlay = useOverlay();

  async function confirm(question: Question): Promise<boolean> {
    const dialog = overlay.create(ConfirmDialog, { destroyOnClose: true, props: question });
    return (await dialog.open().result) === true;
  }

  return { confirm, preload: () => void load().catch(() => {}) };
}
