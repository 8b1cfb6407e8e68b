import { Agent, type IncomingMessage, request } from 'node:http';
import { createParser } from 'eventsource-parser';

export interface StreamMessage {
  /** Empty for changes of coupons. */
  event: string;
  id: string;
  data: Record<string, unknown> & { id: number; type: string };
}

export interface StreamClient {
  status: number;
  headers: IncomingMessage['headers'];
  /** Of a refusal. */
  body: () => string;
  messages: StreamMessage[];
  /** The changes of coupons among them. */
  changes: () => StreamMessage['data'][];
  lastEventId: () => string;
  /** Comments that came. */
  comments: () => number;
  /** When the other side ended it, or `cut` did. */
  ended: Promise<void>;
  isEnded: () => boolean;
  cut: () => void;
  pause: () => void;
  resume: () => void;
}

export interface StreamOptions {
  headers: Record<string, string>;
  lastEventId?: string;
  query?: string;
  onMessage?: (message: StreamMessage, client: StreamClient) => void;
}

/** Opens `GET /api/v1/events/stream` and reads it as the standard says. Resolves with the answer's head. */
export function openStream(
  url: string,
  { headers, lastEventId, query = '', onMessage }: StreamOptions,
): Promise<StreamClient> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/api/v1/events/stream${query}`, {
      agent: new Agent({ keepAlive: false }),
      headers: {
        ...headers,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const messages: StreamMessage[] = [];
      let [comments, body, last, over] = [0, '', lastEventId ?? '', false];
      const ended = new Promise<void>((done) => {
        response.on('close', () => {
          over = true;
          done();
        });
      });
      const client: StreamClient = {
        status: response.statusCode!,
        headers: response.headers,
        body: () => body,
        messages,
        changes: () => messages.filter(({ event }) => event === '').map(({ data }) => data),
        lastEventId: () => last,
        comments: () => comments,
        ended,
        isEnded: () => over,
        cut: () => {
          over = true;
          outgoing.destroy();
        },
        pause: () => response.pause(),
        resume: () => response.resume(),
      };

      const parser = createParser({
        // What was on the way when it was cut has not been heard: the next connection goes on before it.
        onId(id) {
          if (!over) last = id;
        },
        onComment: () => (comments += 1),
        onEvent({ event = '', data }) {
          if (over) return;
          const message = { event, id: last, data: JSON.parse(data) as StreamMessage['data'] };
          messages.push(message);
          onMessage?.(message, client);
        },
      });
      response.setEncoding('utf8');
      response.on('error', () => undefined);
      response.on('data', (chunk: string) => {
        if (response.statusCode !== 200) body += chunk;
        else parser.feed(chunk);
      });
      resolve(client);
    });
    outgoing.end();
  });
}
