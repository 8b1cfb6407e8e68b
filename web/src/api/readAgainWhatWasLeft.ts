import type { PiniaColadaPlugin } from '@pinia/colada';

/**
 * What a page was still reading when it was left is aborted; Pinia Colada (1.x) would give the aborted read to the next page that
 * wants the same. That one reads for itself.
 */
export const readAgainWhatWasLeft: PiniaColadaPlugin = ({ queryCache }) => {
  queryCache.$onAction(({ name, args }) => {
    if (name !== 'refresh') return;
    const [entry] = args;
    if (entry.pending?.abortController.signal.aborted) queryCache.cancel(entry);
  });
};
