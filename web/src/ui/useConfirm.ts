import { useOverlay } from '@nuxt/ui/composables';
import { defineAsyncComponent } from 'vue';

export interface Question {
  title: string;
  text?: string;
  /** The label of the button: the action ("Delete"), not "OK". */
  confirm: string;
  /** `error` for destructive actions. */
  color?: 'primary' | 'error' | 'success';
}

// Dialogs weigh 20 kB, so they are loaded on demand.
const load = () => import('./ConfirmDialog.vue');
const ConfirmDialog = defineAsyncComponent(load);

/** Asks in a dialog: `if (await confirm({ … }))`. Closing the dialog counts as no. */
export function useConfirm() {
  const overlay = useOverlay();

  async function confirm(question: Question): Promise<boolean> {
    const dialog = overlay.create(ConfirmDialog, { destroyOnClose: true, props: question });
    return (await dialog.open().result) === true;
  }

  return { confirm, preload: () => void load().catch(() => {}) };
}
