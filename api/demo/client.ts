import { setTimeout as wait } from 'node:timers/promises';
import { type Client, openClient } from '../race/client.ts';
import { signIn } from '../race/stage.ts';
import { PASSWORD } from './people.ts';

const CONNECTIONS = 100;
const LOOK_EVERY_MS = 30;

export interface DemoJob {
  id: string;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  createdAt: string;
  progress: { done: number };
}

export interface Call {
  method?: string;
  body?: unknown;
  /** Instead of a body: a file. */
  csv?: string;
  headers?: Record<string, string>;
}

export type Person = Awaited<ReturnType<typeof openPerson>>;

/** Somebody of the demo who signs in and writes, each time with an Idempotency-Key: so a second attempt repeats nothing. */
export async function openPerson(url: string, email: string) {
  const client: Client = openClient([url], CONNECTIONS);
  await signIn(client, { email, password: PASSWORD });

  const read = async <T>(path: string) => (await client.require<T>(`/api/v1${path}`)).body;

  async function write<T>(key: string, path: string, { method, body, csv, headers }: Call = {}): Promise<T> {
    const answer = await client.require<T>(`/api/v1${path}`, {
      method: method ?? 'POST',
      ...(csv === undefined ? { body: body ?? {} } : { text: { type: 'text/csv', content: csv } }),
      headers: { 'idempotency-key': `demo ${key}`, ...headers },
    });
    return answer.body;
  }

  /** The job once it `suffices`: when it has ended, unless told otherwise. */
  async function watch(id: string, suffices = (_job: DemoJob) => false): Promise<DemoJob> {
    for (;;) {
      const job = await read<DemoJob>(`/jobs/${id}`);
      if (!['queued', 'running'].includes(job.status) || suffices(job)) return job;
      await wait(LOOK_EVERY_MS);
    }
  }

  return { email, read, write, watch, close: client.close };
}
