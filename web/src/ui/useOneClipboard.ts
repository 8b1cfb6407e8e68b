import { createSharedComposable, useClipboard } from '@vueuse/core';

/**
 * The clipboard, one for all buttons that copy: each of its own asked the browser for two permissions when it was drawn.
 * `legacy`: browsers have the other clipboard only on https and localhost; a till in a shop may be neither.
 */
export const useOneClipboard = createSharedComposable(() => useClipboard({ legacy: true }));
