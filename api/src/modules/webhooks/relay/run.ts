import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../../database/connection.ts';
import { isOutage } from '../../../database/errors.ts';
import { formatSnapshot, type Snapshot } from '../../history/snapshot.ts';
import type { Pace } from './making-way.ts';
import { insertRelay, lookAround, type RelayRow } from './queries.ts';
import type { Sink } from './sink.ts';
import { readStart, takeTurn, type TurnOptions } from './turn.ts';

const LOOK_EVERY_MS = 1_000;
/** A turn waits so long for more before it ends: there is often more soon. */
const LINGER_MS = 2_000;
const LAST_PAUSE_MS = 30_000;
/** Longer than others look every. */
const LEFT_TO_OTHERS_MS = 2 * LOOK_EVERY_MS;

export interface Relays {
  /** Runs until `stop`. */
  start: () => void;
  /** Hands on what there is now, once: for a process that does not stay. */
  handOnOnce: (signal: AbortSignal) => Promise<void>;
  stop: () => Promise<void>;
}

export interface RelaysOptions {
  db: Database;
  log: FastifyBaseLogger;
  sinks: readonly Sink[];
  /** Whether the database has our tables by now. */
  isReady: () => boolean;
  onFailure: (sink: Sink['name']) => void;
  pace: Pace;
}

type TurnLength = Pick<TurnOptions, 'stopping' | 'lingerMs'>;

/**
 * Looks every second whether a relay has something to do, and lets it have its turn. A relay that fails pauses and holds up no other.
 */
export function createRelays({ db, log, sinks, isReady, onFailure, pace }: RelaysOptions): Relays {
  const stopping = new AbortController();
  const turns = new Map<Sink['name'], Promise<void>>();
  const failures = new Map<Sink['name'], number>();
  let running = Promise.resolve();
  let begun = false;
  let standsStill = false;

  const pause = (ms: number) => wait(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (isReady()) await look({ stopping: stopping.signal, lingerMs: LINGER_MS });
      await pause(LOOK_EVERY_MS);
    }
    await Promise.all(turns.values());
  }

  async function look(how: TurnLength): Promise<void> {
    try {
      if (!begun) await begin();
      const seen = await lookAround(db);
      standsStill = false;
      if (!seen) return;
      for (const sink of sinks) {
        const relay = seen.relays.find(({ name }) => name === sink.name);
        if (relay && !turns.has(sink.name) && hasWork(relay, seen)) turns.set(sink.name, turn(sink, how));
      }
    } catch (error) {
      if (!standsStill) log[isOutage(error) ? 'warn' : 'error']({ err: error }, 'the relays stand still');
      standsStill = true;
    }
  }

  /** Queues are named by the environment and have a relay from the first start on; webhooks have one from the first webhook on. */
  async function begin(): Promise<void> {
    for (const { name } of sinks) if (name !== 'webhooks') await insertRelay(db, name, await readStart(db));
    begun = true;
  }

  async function turn(sink: Sink, how: TurnLength): Promise<void> {
    try {
      await takeTurn({ db, sink, log, pace, ...how });
      failures.delete(sink.name);
      // Whoever has no commands to make way for takes it meanwhile.
      if (pace.isLimited()) await pause(LEFT_TO_OTHERS_MS);
    } catch (error) {
      const count = (failures.get(sink.name) ?? 0) + 1;
      failures.set(sink.name, count);
      onFailure(sink.name);
      // Once: it may last for days.
      if (count === 1)
        log[isOutage(error) ? 'warn' : 'error'](
          { err: error, relay: sink.name },
          'handing events on failed, and is tried again',
        );
      await pause(Math.min(LOOK_EVERY_MS * 2 ** (count - 1), LAST_PAUSE_MS));
    } finally {
      turns.delete(sink.name);
    }
  }

  return {
    start: () => void (running = run()),
    async handOnOnce(signal) {
      if (isReady()) await look({ stopping: AbortSignal.any([stopping.signal, signal]), lingerMs: 0 });
      await Promise.all(turns.values());
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function hasWork(
  { name, place, isLeased, stoppedAt, hasReplay }: RelayRow,
  { tip, hasDueDeliveries }: { tip: Snapshot; hasDueDeliveries: boolean },
): boolean {
  if (isLeased || stoppedAt) return false;
  if (hasReplay || place.to || (name === 'webhooks' && hasDueDeliveries)) return true;
  return formatSnapshot(tip) !== formatSnapshot(place.from);
}
