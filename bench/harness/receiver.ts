import { startChild } from './child.ts';

/** What the process that receives is told. */
export type ReceiveOrder = 'listen' | 'forget' | 'tell' | { untilCount: number };

/** What has arrived since it last forgot, each message once. */
export interface Arrivals {
  port: number;
  count: number;
  /** From what a message tells of until it arrived, in milliseconds. */
  p50: number;
  p99: number;
}

/** Somebody's server for webhooks, in a process of its own. */
export interface Receiver {
  url: string;
  forget: () => Promise<Arrivals>;
  arrived: () => Promise<Arrivals>;
  /** Waits until so many messages have arrived. @throws when they have not within five minutes */
  received: (count: number) => Promise<Arrivals>;
  stop: () => void;
}

export async function startReceiver(): Promise<Receiver> {
  const child = startChild<ReceiveOrder, Arrivals>(new URL('receive-process.ts', import.meta.url));
  const { port } = await child.ask('listen');
  return {
    url: `http://127.0.0.1:${port}/hook`,
    forget: () => child.ask('forget'),
    arrived: () => child.ask('tell'),
    async received(count) {
      const arrivals = await child.ask({ untilCount: count });
      if (arrivals.count !== count) throw new Error(`${arrivals.count} messages arrived, not ${count}`);
      return arrivals;
    },
    stop: child.stop,
  };
}
