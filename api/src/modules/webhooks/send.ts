import http from 'node:http';
import https from 'node:https';
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
  /** Most at a time. */
  max: number;
  resolve?: Resolve;
  /** For tests: the time in which an answer must be there, and whom TLS trusts. */
  answerWithinMs?: number;
  ca?: string;
}

/**
 * Connections to one endpoint. They are kept for the next message; each was made to an address that was looked at. Redirects are not
 * followed.
 */
export function openConnections({
  allowed,
  max,
  resolve,
  answerWithinMs = ANSWER_WITHIN_MS,
  ca,
}: ConnectionOptions): Connections {
  const options = {
    keepAlive: true,
    maxSockets: max,
    timeout: IDLE_CONNECTION_MS,
    lookup: guardedLookup(allowed, resolve),
    ...(ca !== undefined && { ca }),
  };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };

  function send(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal) {
    return new Promise<Outcome | 'stale'>((settle) => {
      const { request } = url.protocol === 'https:' ? https : http;
      const sent = request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: agents[url.protocol as 'http:'],
      });
      const end = (outcome: Outcome | 'stale') => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cut);
        settle(outcome);
      };
      const cut = () => {
        sent.destroy();
        end({ failure: 'timeout' });
      };
      const timer = setTimeout(cut, answerWithinMs);
      signal.addEventListener('abort', cut);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection that the other end closed meanwhile: nothing was received.
        if (sent.reusedSocket && error.code === 'ECONNRESET') end('stale');
        else end({ failure: failureOf(error) });
      });
      sent.on('response', (response) => {
        let bytes = 0;
        const parts: Buffer[] = [];
        const finish = () => {
          const text = Buffer.concat(parts).toString('utf8').slice(0, KEPT_CHARACTERS);
          end({
            status: response.statusCode!,
            answer: text.toWellFormed().replaceAll('\0', '\u{fffd}'),
            retryAfterSeconds: readRetryAfter(response.headers),
          });
        };
        response.on('data', (part: Buffer) => {
          if (bytes < KEPT_CHARACTERS * 4) parts.push(part.subarray(0, KEPT_CHARACTERS * 4 - bytes));
          bytes += part.length;
          if (bytes < MAX_ANSWER_BYTES) return;
          finish();
          sent.destroy();
        });
        response.on('end', finish);
        response.on('error', () => end({ failure: 'connection-cut' }));
      });
      sent.end(body);
    });
  }

  return {
    async post(url, headers, body, signal) {
      const address = addressIn(url);
      // Names are looked at when they are looked up; an address is not looked up.
      if (address !== null && !isAllowed(address, allowed)) return { failure: 'refused-address' };
      for (let tries = 0; tries <= max; tries += 1) {
        const outcome = await send(url, headers, body, signal);
        if (outcome !== 'stale') return outcome;
      }
      return { failure: 'connection-cut' };
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function failureOf({ code = '', message }: NodeJS.ErrnoException): Failure {
  if (code === 'REFUSED_ADDRESS') return 'refused-address';
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'name-unknown';
  if (/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code)) return 'connection-refused';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return 'connection-cut';
  if (/CERT|SSL|TLS|SIGNATURE|SELF_SIGNED/.test(code) || /certificate/i.test(message)) return 'tls';
  return /^HPE_/.test(code) ? 'connection-cut' : 'other';
}

const MAX_RETRY_AFTER_SECONDS = 24 * 3600;

/** In seconds; a time is compared with the receiver's own clock. */
function readRetryAfter({ 'retry-after': text = '', date = '' }: http.IncomingHttpHeaders): number | null {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : (Date.parse(text) - Date.parse(date)) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS) : null;
}
