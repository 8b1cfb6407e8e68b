import { Client, type Dispatcher } from 'undici';
import { addressIn, type AllowedNetworks, guardedLookup, isAllowed, type Resolve } from '../../addresses.ts';

/** Until an answer is there as a whole, or its first 64 kB. */
const ANSWER_WITHIN_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** Of the answer, for the log of deliveries. */
const KEPT_CHARACTERS = 1_000;
const IDLE_CONNECTION_MS = 20_000;

/** What came of one try. `failure` says why there is no answer. */
export type Outcome =
  | { status: number; answer: string; retryAfterSeconds: number | null; failure?: undefined }
  | { failure: Failure };

export type Failure =
  'timeout' | 'refused-address' | 'name-unknown' | 'connection-refused' | 'connection-cut' | 'tls' | 'other';

export interface Connections {
  post: (url: URL, headers: Record<string, string>, body: string, signal: AbortSignal) => Promise<Outcome>;
  close: () => void;
}

export interface ConnectionOptions {
  allowed: AllowedNetworks;
  resolve?: Resolve;
  /** For tests: the time in which an answer must be there, and whom TLS trusts. */
  answerWithinMs?: number;
  ca?: string;
}

interface Connection {
  client: Client;
  origin: string;
  /** How many requests were answered on it since it was made. */
  answered: number;
}

/**
 * Connections to one endpoint: as many as there are requests at a time. They are kept for the next message; each was made to an address
 * that was looked at. Redirects are not followed. By undici, because a request of `node:http` costs three times the CPU.
 */
export function openConnections({
  allowed,
  resolve,
  answerWithinMs = ANSWER_WITHIN_MS,
  ca,
}: ConnectionOptions): Connections {
  const lookup = guardedLookup(allowed, resolve);
  const all = new Set<Connection>();
  let idle: Connection[] = [];
  let origin = '';

  function open(): Connection {
    const client = new Client(origin, {
      connect: { lookup, timeout: answerWithinMs, ...(ca !== undefined && { ca }) },
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // One time-out for all of it is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const connection = { client, origin, answered: 0 };
    client.on('disconnect', () => (connection.answered = 0));
    all.add(connection);
    return connection;
  }

  function take(url: URL): Connection {
    if (url.origin !== origin) {
      // What is under way to the address of before may end.
      for (const connection of idle.splice(0)) drop(connection);
      origin = url.origin;
    }
    return idle.pop() ?? open();
  }

  function giveBack(connection: Connection): void {
    // Not one that was cut, or that leads to where the endpoint was before.
    if (connection.client.destroyed || connection.origin !== origin) drop(connection);
    else idle.push(connection);
  }

  function drop(connection: Connection): void {
    all.delete(connection);
    void connection.client.destroy();
  }

  function close(): void {
    for (const { client } of all) void client.destroy();
    all.clear();
    idle = [];
  }

  function send(
    connection: Connection,
    request: Pick<Dispatcher.DispatchOptions, 'path' | 'headers' | 'body'>,
    signal: AbortSignal,
  ): Promise<Outcome | 'stale'> {
    const { client } = connection;
    return new Promise((settle) => {
      let status = 0;
      let answerHeaders: AnswerHeaders = {};
      let bytes = 0;
      const parts: Buffer[] = [];
      const end = (outcome: Outcome | 'stale') => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cut);
        settle(outcome);
      };
      const cut = () => {
        end({ failure: 'timeout' });
        void client.destroy();
      };
      const finish = () => {
        const text = Buffer.concat(parts).toString('utf8').slice(0, KEPT_CHARACTERS);
        end({
          status,
          answer: text.toWellFormed().replaceAll('\0', '\u{fffd}'),
          retryAfterSeconds: readRetryAfter(answerHeaders),
        });
      };
      const timer = setTimeout(cut, answerWithinMs);
      signal.addEventListener('abort', cut);
      client.dispatch(
        { method: 'POST', ...request },
        {
          onRequestStart() {},
          onResponseStart(_controller, code, headers) {
            status = code;
            answerHeaders = headers;
          },
          onResponseData(_controller, part) {
            if (bytes < KEPT_CHARACTERS * 4) parts.push(part.subarray(0, KEPT_CHARACTERS * 4 - bytes));
            bytes += part.length;
            if (bytes < MAX_ANSWER_BYTES) return;
            finish();
            void client.destroy();
          },
          onResponseEnd() {
            connection.answered += 1;
            finish();
          },
          onResponseError(_controller, error: NodeJS.ErrnoException) {
            // A kept connection that the other end closed meanwhile: nothing was received.
            const isStale = connection.answered > 0 && status === 0 && isCut(error);
            end(isStale ? 'stale' : { failure: failureOf(error) });
          },
        },
      );
    });
  }

  return {
    async post(url, headers, body, signal) {
      const address = addressIn(url);
      // Names are looked at when they are looked up; an address is not looked up.
      if (address !== null && !isAllowed(address, allowed)) return { failure: 'refused-address' };
      const request = { path: url.pathname + url.search, headers, body };
      for (;;) {
        const connection = take(url);
        const outcome = await send(connection, request, signal);
        giveBack(connection);
        // The next one is new, or is tried in its turn.
        if (outcome !== 'stale') return outcome;
      }
    },
    close,
  };
}

/** undici's own code is for an end that came without a reset. */
const isCut = ({ code = '' }: NodeJS.ErrnoException) => /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code);

function failureOf(error: NodeJS.ErrnoException): Failure {
  const { code = '', name, message } = error;
  if (code === 'REFUSED_ADDRESS') return 'refused-address';
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'name-unknown';
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return 'connection-refused';
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code)) return 'timeout';
  if (isCut(error)) return 'connection-cut';
  if (/CERT|SSL|TLS|SIGNATURE|SELF_SIGNED/.test(code) || /certificate/i.test(message)) return 'tls';
  // What came is no answer of HTTP, or too long a head, or not as long as it said.
  const isNoAnswer = name === 'HTTPParserError' || /^UND_ERR_(HEADERS_OVERFLOW|RES_)/.test(code);
  return isNoAnswer ? 'connection-cut' : 'other';
}

const MAX_RETRY_AFTER_SECONDS = 24 * 3600;

type AnswerHeaders = Record<string, string | string[] | undefined>;

/** In seconds; a time is compared with the receiver's own clock. */
function readRetryAfter({ 'retry-after': after = '', date = '' }: AnswerHeaders): number | null {
  const text = [after].flat()[0]!;
  const now = [date].flat()[0]!;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(now)) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS) : null;
}
