import { version } from '../../config.ts';
import type { TryResult } from './deliveries/queries.ts';
import type { SignedWebhook } from './queries.ts';
import { writeEnvelope } from './relay/envelope.ts';
import type { Message } from './relay/message.ts';
import { type Connections, type ConnectionOptions, openConnections, type Outcome } from './send.ts';
import { signatureHeaders } from './sign.ts';

/** Requests to one endpoint at a time; and to one that keeps failing. */
const AT_A_TIME = 32;
const AT_A_TIME_FAILING = 1;
const FAILING_AFTER = 5;
/** In hand, waiting or under way: most for each endpoint, and for all together. */
const IN_HAND = 512;
const IN_HAND_OF_ALL = 16_384;
/** Between one try and the next. https://www.standardwebhooks.com */
const RETRY_AFTER_SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** A message on its way to one endpoint. */
export interface Parcel {
  webhookId: string;
  message: Message;
  /** How often it was tried before. */
  tries: number;
  /** Where it stands in the log of deliveries; null: it does not yet. */
  logged: { id: number; nextTryAt: string } | null;
  /** What came of this try, once it is over. */
  result?: TryResult & { gone: boolean };
}

export interface Lane {
  webhook: SignedWebhook;
  connections: Connections;
  waiting: Parcel[];
  inFlight: number;
  failures: number;
  /** Whether all that is due for it is in hand, as far as is known. */
  isCaughtUp: boolean;
}

export interface LanesOptions {
  source: string;
  connections: ConnectionOptions;
  /** Told of each try, for metrics. */
  onTry: (webhookId: string, succeeded: boolean) => void;
  /** Told when an endpoint is gone. */
  onGone: (webhookId: string) => void;
  /** Told when a request has ended; without a result when it was cut. */
  onEnd: (parcel: Parcel) => void;
  /** Told of what waited and is not sent, since its endpoint is gone. */
  onDropped: (parcel: Parcel) => void;
}

/** A lane of its own for each endpoint: one that hangs keeps its own lane busy and nobody else's. */
export function createLanes({ source, onTry, onGone, onEnd, onDropped, ...options }: LanesOptions) {
  const lanes = new Map<string, Lane>();
  /** The database's clock, and when it was read by ours. */
  let clock = { now: 0, readAt: 0 };
  /** Ends requests without waiting for their answers. */
  let cutting = new AbortController();

  const databaseTime = () => clock.now + performance.now() - clock.readAt;

  /** Opens and closes lanes, so that there is one for each of these endpoints. */
  function follow(webhooks: readonly SignedWebhook[]): void {
    if (webhooks[0]) clock = { now: webhooks[0].now.getTime(), readAt: performance.now() };
    const ids = new Set(webhooks.map(({ id }) => id));
    for (const [id, lane] of lanes) {
      if (ids.has(id)) continue;
      lane.waiting.splice(0).forEach(onDropped);
      lane.connections.close();
      lanes.delete(id);
      onGone(id);
    }
    for (const webhook of webhooks) {
      const lane = lanes.get(webhook.id);
      if (lane) lane.webhook = webhook;
      else {
        const connections = openConnections(options.connections);
        lanes.set(webhook.id, {
          webhook,
          connections,
          waiting: [],
          inFlight: 0,
          failures: 0,
          isCaughtUp: false,
        });
      }
    }
  }

  function start(signal: AbortSignal): void {
    for (const lane of lanes.values()) startIn(lane, signal);
  }

  function startIn(lane: Lane, signal: AbortSignal): void {
    const limit = isFailing(lane) ? AT_A_TIME_FAILING : AT_A_TIME;
    while (!signal.aborted && lane.waiting.length > 0 && lane.inFlight < limit) {
      const parcel = lane.waiting.shift()!;
      lane.inFlight += 1;
      void deliver(lane, parcel).finally(() => {
        lane.inFlight -= 1;
        startIn(lane, signal);
        onEnd(parcel);
      });
    }
  }

  async function deliver(lane: Lane, parcel: Parcel): Promise<void> {
    const { url, secrets, includeCodes } = lane.webhook;
    const { message } = parcel;
    const { signal } = cutting;
    const body = writeEnvelope(message, { source, includeCodes });
    const at = databaseTime();
    const started = performance.now();
    const outcome = await lane.connections.post(
      new URL(url),
      {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': `coupon-book/${version}`,
        ...signatureHeaders({ id: message.id, body, sentAt: Math.floor(at / 1000) }, secrets),
      },
      body,
      signal,
    );
    if (signal.aborted) return;
    const succeeded = outcome.failure === undefined && outcome.status >= 200 && outcome.status < 300;
    lane.failures = succeeded ? 0 : lane.failures + 1;
    onTry(parcel.webhookId, succeeded);
    parcel.result = {
      gone: outcome.failure === undefined && outcome.status === 410,
      attempt: {
        at: new Date(at).toISOString(),
        durationMs: Math.round(performance.now() - started),
        status: outcome.failure === undefined ? outcome.status : null,
        failure: outcome.failure ?? null,
        answer: outcome.failure === undefined ? outcome.answer : null,
      },
      ...whatNext(parcel, succeeded, outcome),
    };
  }

  /** How many more a lane may have in hand. */
  function roomOf(lane: Lane): number {
    const share = Math.min(IN_HAND, Math.ceil(IN_HAND_OF_ALL / lanes.size));
    return Math.max(0, (isFailing(lane) ? AT_A_TIME_FAILING : share) - inHandOf(lane));
  }

  return {
    follow,
    start,
    roomOf,
    of: (webhookId: string) => lanes.get(webhookId)!,
    all: (): readonly Lane[] => [...lanes.values()],
    forgetWaiting() {
      for (const { waiting } of lanes.values()) waiting.length = 0;
    },
    /** Cuts what is under way, and closes all lanes. */
    close() {
      cutting.abort();
      for (const { connections } of lanes.values()) connections.close();
      lanes.clear();
      cutting = new AbortController();
    },
  };
}

const isFailing = ({ failures }: Lane) => failures >= FAILING_AFTER;

export const inHandOf = ({ waiting, inFlight }: Lane) => waiting.length + inFlight;

function whatNext(
  { tries }: Parcel,
  succeeded: boolean,
  outcome: Outcome,
): Pick<TryResult, 'status' | 'nextTryInSeconds'> {
  if (succeeded) return { status: 'delivered', nextTryInSeconds: null };
  const pause = RETRY_AFTER_SECONDS[tries];
  if (pause === undefined) return { status: 'failed', nextTryInSeconds: null };
  const asked = outcome.failure === undefined ? (outcome.retryAfterSeconds ?? 0) : 0;
  return { status: 'pending', nextTryInSeconds: Math.max(pause, asked) };
}
