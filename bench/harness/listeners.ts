import { startChild } from './child.ts';

/** What the process that listens is told. */
export type ListenOrder = { open: { url: string; tokens: readonly string[] } } | { count: number };

/** Live streams, one for each token, held by a process of their own. */
export interface Listeners {
  /** Waits until so many changes of coupons have been told. @throws when more come, or not so many within 20 s */
  heard: (count: number) => Promise<void>;
  close: () => void;
}

/** Opens live streams and waits until all are told that nothing will be missed from here on. */
export async function openListeners(url: string, tokens: readonly string[]): Promise<Listeners> {
  const child = startChild<ListenOrder, number>(new URL('listen-process.ts', import.meta.url));
  try {
    await child.ask({ open: { url, tokens } });
  } catch (error) {
    child.stop();
    throw error;
  }
  return {
    async heard(count) {
      const heard = await child.ask({ count });
      if (heard !== count) throw new Error(`the live streams told ${heard} changes, not ${count}`);
    },
    close: child.stop,
  };
}
