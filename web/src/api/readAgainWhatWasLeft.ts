import type { PiniaColadaPlugin } from '@pinia/colada';

/**
 * Reads of a page are aborted when it is left. Pinia Colada (1.x) would hand the aborted read to the next page that wants the same;
 * with this plugin that page reads for itself.
 */
export const readAgainWhatWasLeft: PiniaColadaPlugin = ({ queryCache }) => {
  queryCache.$onAction(({ name, args }) => {
    if (name !== 'refresh') return;
    const [entry] = args;
    if (entry.pending?.abortController.signal.aborted) queryCache.cancel(entry);
  });
};
