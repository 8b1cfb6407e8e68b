import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface HttpAnswer<T = unknown> {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: T;
  /** The body as it came. */
  text: string;
  /** From the sending of the request, on a connection, to the end of its answer; the last attempt alone. */
  ms: number;
}

export interface SendOptions {
  method?: string;
  body?: unknown;
  /** As `body`, but sent as it is. */
  text?: { type: string; content: string };
  headers?: Record<string, string>;
  /** Which node gets it; they take turns by default. */
  node?: number;
  /** It has no Idempotency-Key: after a 503 nobody knows what was done, and to send it again may do it twice. */
  unsafe?: boolean;
}

export interface Client {
  send: <T>(path: string, options?: SendOptions) => Promise<HttpAnswer<T>>;
  /** Like `send`, and throws unless the status is 2xx. */
  require: <T>(path: string, options?: SendOptions) => Promise<HttpAnswer<T>>;
  authorize: (accessToken: string) => void;
  /** How many answers said to try later, and were. */
  repeated: () => number;
  close: () => void;
}

const GIVE_UP_MS = 120_000;

/**
 * An HTTP client over keep-alive connections to one or more nodes of the same service. What is refused for now (429, 503, or
 * 409 while the first attempt still runs) is sent again after the time in Retry-After; that is safe with an Idempotency-Key.
 * @param connections most connections open at a time, all nodes together
 */
export function openClient(urls: readonly string[], connections: number): Client {
  const perNode = Math.max(1, Math.ceil(connections / urls.length));
  const nodes = urls.map((url) => {
    const secure = url.startsWith('https:');
    const agent = new (secure ? SecureAgent : Agent)({
      keepAlive: true,
      maxSockets: perNode,
      maxFreeSockets: perNode,
    });
    return { url, agent, start: secure ? secureRequest : request };
  });
  let turn = 0;
  let repeated = 0;
  let authorization: string | undefined;

  function attempt<T>(
    path: string,
    { method, body, text, headers, node }: SendOptions,
  ): Promise<HttpAnswer<T>> {
    const { url, agent, start } = nodes[(node ?? turn++) % nodes.length]!;
    const content = text?.content ?? (body === undefined ? undefined : JSON.stringify(body));
    return new Promise((resolve, reject) => {
      let sentAt = performance.now();
      const outgoing = start(`${url}${path}`, {
        agent,
        method: method ?? (content === undefined ? 'GET' : 'POST'),
        headers: {
          ...(authorization && { authorization }),
          ...(content !== undefined && {
            'content-type': text?.type ?? 'application/json',
            'content-length': Buffer.byteLength(content),
          }),
          ...headers,
        },
      });
      outgoing.on('socket', () => (sentAt = performance.now()));
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: (isJson && answer !== '' ? JSON.parse(answer) : undefined) as T,
            text: answer,
            ms: performance.now() - sentAt,
          });
        });
      });
      outgoing.end(content);
    });
  }

  async function send<T>(path: string, options: SendOptions = {}): Promise<HttpAnswer<T>> {
    for (const deadline = performance.now() + GIVE_UP_MS; ;) {
      const answer = await attempt<T>(path, options);
      const seconds = Number(answer.headers['retry-after']);
      const passing = [409, 429, ...(options.unsafe ? [] : [503])].includes(answer.status) && seconds > 0;
      if (!passing || performance.now() + seconds * 1000 > deadline) return answer;
      repeated += 1;
      await delay(seconds * 1000 + Math.random() * 500);
    }
  }

  return {
    send,
    async require<T>(path: string, options: SendOptions = {}) {
      const answer = await send<T>(path, options);
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw new Error(
        `${options.method ?? 'POST'} ${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`,
      );
    },
    authorize: (accessToken) => (authorization = `Bearer ${accessToken}`),
    repeated: () => repeated,
    close: () => nodes.forEach(({ agent }) => agent.destroy()),
  };
}

/** Does `work` for each item, at most `limit` at a time; the results are in the order of the items. */
export async function forEachOf<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
