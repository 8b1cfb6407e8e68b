import cluster from 'node:cluster';
import type { FromWorker, MeetingPoint, ToWorker } from './messages.ts';

/** Longest to wait for an answer of the primary: it may have died, or another worker may. */
const PATIENCE_MS = 2_000;
let requests = 0;

/** Tells who started this process, if that is another of ours, that it takes traffic. */
export function tellReady(): void {
  if (process.connected) process.send!({ ready: true } satisfies FromWorker);
}

/** Waits until all workers have come here, at most two seconds. A process that has no siblings does not wait. */
export async function meetSiblings(at: MeetingPoint): Promise<void> {
  await ask({ at }, ({ allAt }) => allAt === at).catch(() => undefined);
}

/**
 * The metrics of all workers, summed up; null in a process that is not one of several.
 * @throws when the primary does not answer
 */
export async function readMetricsOfAll(): Promise<string | null> {
  const request = (requests += 1);
  const answer = await ask({ wantsMetrics: request }, (message) => message.request === request);
  if (answer?.error) throw new Error(answer.error);
  return answer?.metrics ?? null;
}

function ask(question: FromWorker, isAnswer: (message: ToWorker) => boolean): Promise<ToWorker | null> {
  if (!cluster.isWorker) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      process.off('message', listen);
      reject(new Error('the primary process does not answer'));
    }, PATIENCE_MS);
    function listen(message: ToWorker): void {
      if (!isAnswer(message)) return;
      clearTimeout(timer);
      process.off('message', listen);
      resolve(message);
    }
    process.on('message', listen);
    process.send!(question);
  });
}
