import { createSharedComposable, useClipboard } from '@vueuse/core';

/**
 * One clipboard for all copy buttons: each `useClipboard` asks the browser for two permissions.
 * `legacy`: the modern clipboard exists only on https and localhost, and a till in a shop may have neither.
 */
export const useOneClipboard = createSharedComposable(() => useClipboard({ legacy: true }));
