import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** More than this not yet taken by a client when there is something new for it, and it is too slow to keep. */
const MAX_PENDING_BYTES = 1024 * 1024;
/** A client that was told the end, and does not take even that, is cut off after this. */
const LAST_WORDS_MS = 2_000;

/** The server's side of one Server-Sent Events connection: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface EventStream {
  /** Sends bytes, which may be shared with other streams. A client that is too slow is cut off instead. */
  send: (bytes: Buffer) => void;
  /** Sends whatever the amount. Resolves when the client has taken it, or has gone. */
  sendAll: (bytes: Buffer) => Promise<void>;
  end: (lastWords: Buffer) => void;
  /** Ends the connection in the middle; the client comes back with the id of the last message it got. */
  cut: () => void;
}

/**
 * Turns an answer into an event stream. By plain writes, not by @fastify/sse: thousands of streams share the bytes of each message
 * and one heartbeat, and a client is judged by what it has not taken yet; that library has a timer, a serialization and an unbounded
 * buffer for each.
 * @param onClose when the connection is over, whoever ended it
 */
export function openEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  onClose: () => void,
): EventStream {
  reply.hijack();
  const { raw } = reply;
  raw.on('close', onClose);
  if (raw.destroyed) onClose(); // it did not wait for us, and closes only once
  raw.on('error', () => raw.destroy());
  raw.writeHead(200, {
    // What the hooks have set so far: security headers, CORS, the request's id, rate limits.
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would wait for a full buffer.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();

  function cut(): void {
    request.log.info({ pending: raw.writableLength }, 'a client was too slow for its event stream');
    raw.destroy();
  }

  return {
    send(bytes) {
      if (raw.writableEnded) return;
      if (raw.writableLength <= MAX_PENDING_BYTES) raw.write(bytes);
      else cut();
    },
    async sendAll(bytes) {
      if (raw.destroyed || raw.writableEnded || raw.write(bytes)) return;
      const gone = new AbortController();
      raw.once('close', () => gone.abort());
      await once(raw, 'drain', { signal: gone.signal }).catch(() => {});
    },
    end(lastWords) {
      raw.end(lastWords);
      const cut = setTimeout(() => raw.destroy(), LAST_WORDS_MS).unref();
      raw.once('close', () => clearTimeout(cut));
    },
    cut,
  };
}
