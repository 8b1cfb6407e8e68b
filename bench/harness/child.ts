import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of ours that answers one order after the other. */
export interface Child<O, R> {
  pid: number;
  /** @throws what went wrong with the order, or that the process ended */
  ask: (order: O) => Promise<R>;
  /** It ends with this process too. */
  stop: () => void;
}

/** @param url the program, which calls `answerOrders` */
export function startChild<O extends string | object, R>(url: URL): Child<O, R> {
  const child = fork(fileURLToPath(url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  return {
    pid: child.pid!,
    async ask(order) {
      child.send(order);
      const { result, error } = await answerOf<R>(child);
      if (error !== undefined) throw new Error(error);
      return result!;
    },
    stop: () => child.kill(),
  };
}

async function answerOf<R>(child: ChildProcess): Promise<{ result?: R; error?: string }> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(child, 'exit', { signal }).then(() => [{ error: 'a process of the benchmark ended' }]);
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [
      { result?: R; error?: string },
    ];
    return message;
  } finally {
    waiting.abort();
  }
}

/** The other side of `startChild`. */
export function answerOrders<O, R>(answer: (order: O) => Promise<R>): void {
  process.on('message', (order: O) => {
    answer(order).then(
      (result) => process.send!({ result }),
      (error: Error) => process.send!({ error: error.message }),
    );
  });
  process.on('disconnect', () => process.exit());
}
