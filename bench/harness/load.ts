import { startChild } from './child.ts';

/** A kind of request. Request n is sent with the token of user n modulo their number, so those under way are of different users. */
export interface LoadWork {
  method: 'GET' | 'POST';
  /** `{n}` in it becomes the number of the request. */
  path: string;
  /** JSON. */
  body?: string;
  /** Each request has an Idempotency-Key of its own. */
  keyed?: boolean;
  /** An answer other than 200 that some requests are meant to get, such as "409 assignment-limit-reached". */
  refusal?: string;
}

export interface LoadOrder {
  url: string;
  work: LoadWork;
  /** The number of the first request. */
  from: number;
  /** Keep-alive connections, one request at a time on each. */
  connections: number;
  /** How long; or how many. */
  seconds?: number;
  count?: number;
  /** Requests per second, whatever the answers do (needs `seconds`). Otherwise each answer is followed by the next request. */
  rate?: number;
}

export interface LoadReport {
  answered: number;
  /** Of these, how many with the refusal that some are meant to get. */
  refused: number;
  seconds: number;
  /** Milliseconds; with a rate from when the request was due, without the first second. */
  p50: number;
  p99: number;
  most: number;
  /** How late requests were sent, in milliseconds: all of it is in the latencies. */
  lateP99: number;
  /** CPU seconds that making the load took. */
  cpu: number;
  /** Answers other than 200 and the refusal, with how often they came. */
  unexpected: Record<string, number>;
}

export interface Load {
  /** For whom requests are sent from now on. */
  use: (tokens: readonly string[]) => Promise<void>;
  /** @throws when an answer was not 200, or a connection broke */
  run: (order: LoadOrder) => Promise<LoadReport>;
  stop: () => void;
}

/** What the process that makes load is told: for whom, once, then what. */
export type LoadMessage = { tokens: readonly string[] } | { order: LoadOrder };

/** Starts the process that makes load. */
export function startLoad(): Load {
  const child = startChild<LoadMessage, LoadReport>(new URL('load-process.ts', import.meta.url));
  return {
    use: async (tokens) => void (await child.ask({ tokens })),
    async run(order) {
      const report = await child.ask({ order });
      const unexpected = Object.entries(report.unexpected).map(([what, times]) => `${times} × ${what}`);
      if (unexpected.length > 0) throw new Error(`${order.work.path}: ${unexpected.join('; ')}`);
      return report;
    },
    stop: child.stop,
  };
}
