import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./load-process.ts', import.meta.url));

/** A kind of request. Request n is sent with the token of user n modulo their number, so those under way are of different users. */
export interface LoadWork {
  method: 'GET' | 'POST';
  /** `{n}` in it becomes the number of the request. */
  path: string;
  /** JSON. */
  body?: string;
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
  seconds: number;
  /** Milliseconds; with a rate from when the request was due. */
  p50: number;
  p99: number;
  most: number;
  /** How late requests were sent, in milliseconds: all of it is in the latencies. */
  lateP99: number;
  /** CPU seconds that making the load took. */
  cpu: number;
  /** Answers other than 200, with how often they came. */
  unexpected: Record<string, number>;
}

export interface Load {
  /** @throws when an answer was not 200, or a connection broke */
  run: (order: LoadOrder) => Promise<LoadReport>;
  stop: () => void;
}

/** Starts the process that makes load for users with these access tokens. It ends with this one. */
export async function startLoad(tokens: readonly string[]): Promise<Load> {
  const child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  const ask = (message: object) => {
    child.send(message);
    return answerOf(child);
  };
  await ask({ tokens });
  return {
    async run(order) {
      const { report, error } = await ask({ order });
      if (!report) throw new Error(`${order.work.path}: ${error}`);
      const unexpected = Object.entries(report.unexpected);
      if (unexpected.length > 0)
        throw new Error(
          `${order.work.path}: ${unexpected.map(([what, times]) => `${times} × ${what}`).join('; ')}`,
        );
      return report;
    },
    stop: () => child.kill(),
  };
}

async function answerOf(child: ChildProcess): Promise<{ report?: LoadReport; error?: string }> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(child, 'exit', { signal }).then(() => [
      { error: 'the process that makes load ended' },
    ]);
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [
      { report?: LoadReport; error?: string },
    ];
    return message;
  } finally {
    waiting.abort();
  }
}
