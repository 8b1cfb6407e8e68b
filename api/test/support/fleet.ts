import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from './server.ts';

export interface Answer<T> {
  status: number;
  body: T;
}

export interface Fleet {
  /** Gets traffic from now on. */
  add: (name: string, server: ServerProcess) => void;
  /** Gets no new requests from now on, as from a load balancer that was told so. */
  remove: (server: ServerProcess) => void;
  /** One of the servers, each in its turn. */
  url: () => string;
  /** Sends until there is an answer that is not "come again", with the same Idempotency-Key. */
  send: <T = Record<string, unknown>>(
    path: string,
    headers: Record<string, string>,
    body?: object,
  ) => Promise<Answer<T>>;
  /** How many answers each server gave, by its name and their status. */
  answers: Record<string, Record<string, number>>;
  /** How long somebody waited at most, from the first attempt to the answer. */
  longestMs: () => number;
  /** What nobody may be told: errors other than "come again", and connections that broke. */
  wrong: string[];
}

/** Servers that share a database and get requests in turn, as behind a load balancer. */
export function openFleet(): Fleet {
  const members: { name: string; server: ServerProcess }[] = [];
  const answers: Fleet['answers'] = {};
  const wrong: string[] = [];
  let [turn, longest] = [0, 0];
  const next = () => members[(turn += 1) % members.length]!;

  return {
    answers,
    longestMs: () => longest,
    wrong,
    add: (name, server) => void members.push({ name, server }),
    remove(server) {
      members.splice(
        members.findIndex((member) => member.server === server),
        1,
      );
    },
    url: () => next().server.url,
    async send<T>(path: string, headers: Record<string, string>, body?: object): Promise<Answer<T>> {
      const options = body && {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(body),
      };
      const startedAt = performance.now();
      for (;;) {
        const { name, server } = next();
        try {
          const response = await fetch(`${server.url}${path}`, options ?? { headers });
          const text = await response.text();
          const { status } = response;
          const counts = (answers[name] ??= {});
          counts[status] = (counts[status] ?? 0) + 1;
          // 409: the first attempt of a repeat is still under way.
          const isAgain = [409, 503].includes(status) && response.headers.has('retry-after');
          if (status >= 400 && !isAgain) wrong.push(`${name} answers ${path} with ${status}: ${text}`);
          if (!isAgain) {
            longest = Math.max(longest, performance.now() - startedAt);
            return { status, body: (text === '' ? undefined : JSON.parse(text)) as T };
          }
        } catch (error) {
          wrong.push(`${name} does not answer ${path}: ${String((error as Error).cause ?? error)}`);
        }
        await delay(100);
      }
    },
  };
}
