import { availableParallelism } from 'node:os';
import { Problem } from '../../../problems.ts';

/**
 * A hash takes 0.2 s of one of libuv's four threads. One thread is left for all else that uses them (verifying tokens, files),
 * and no more run than there are processors.
 */
const AT_ONCE = Math.min(3, availableParallelism());

export interface HashQueueOptions {
  atOnce: number;
  /** Most that wait, and most of one source. */
  maxWaiting: number;
  maxWaitingOf: number;
  /** Who has waited this long is told to come back. */
  maxWaitMs: number;
}

/** For whom a hash is: turns are shared fairly between sources. */
export interface Source {
  name: string;
  /** Whether it has given the right password of the account before, on this device or from this address; or is signed in. */
  isKnown: boolean;
}

export type HashQueue = <T>(source: Source, hash: () => Promise<T>) => Promise<T>;

interface Waiter {
  source: string;
  turn: number;
  start: () => void;
  refuse: () => void;
}

/** Most sources whose last turn is remembered while others wait; the longest known are forgotten first. */
const MAX_SOURCES = 10_000;

/**
 * Lets a few hashes run at a time, and shares them fairly between sources (addresses): the nth hash of a source has turn n, and lower
 * turns go first, so whoever asks for the first time goes before all who ask again. Of the same turn the newest goes first: when more
 * come than can be served, some are served at once instead of all too late. Known sources have a line of their own, and every other
 * hash is theirs: however many strangers there are, they wait only for each other. See decision 18.
 *
 * The queue throws `unavailable` for those who have waited too long, and for the last in line when it is full.
 */
export function createHashQueue({ atOnce, ...limits }: HashQueueOptions): HashQueue {
  const [known, strangers] = [createLine(limits), createLine(limits)];
  let running = 0;
  let lastWasKnown = false;

  function startNext(): void {
    const line = (lastWasKnown ? [strangers, known] : [known, strangers]).find(({ size }) => size() > 0);
    if (line) {
      lastWasKnown = line === known;
      line.startFirst(); // takes over the place
    } else {
      running -= 1;
      for (const { forgetTurns } of [known, strangers]) forgetTurns();
    }
  }

  return async ({ name, isKnown }, hash) => {
    const line = isKnown ? known : strangers;
    const turn = line.takeTurn(name);
    if (running < atOnce) running += 1;
    else await line.wait(name, turn);
    try {
      return await hash();
    } finally {
      startNext();
    }
  };
}

/** Those who wait, in the order of their turns. */
function createLine({ maxWaiting, maxWaitingOf, maxWaitMs }: Omit<HashQueueOptions, 'atOnce'>) {
  /** In the order of arrival. */
  const waiting: Waiter[] = [];
  const lastTurns = new Map<string, number>();
  let currentTurn = 0;

  return {
    size: () => waiting.length,
    forgetTurns: () => lastTurns.clear(),

    takeTurn(source: string): number {
      const turn = Math.max(currentTurn, (lastTurns.get(source) ?? -1) + 1);
      lastTurns.delete(source);
      if (lastTurns.size >= MAX_SOURCES) lastTurns.delete(lastTurns.keys().next().value!);
      lastTurns.set(source, turn);
      return turn;
    },

    wait(source: string, turn: number): Promise<void> {
      if (waiting.filter((other) => other.source === source).length >= maxWaitingOf) throw tooMany();
      return new Promise((resolve, reject) => {
        const leave = (settle: () => void) => () => {
          clearTimeout(timer);
          waiting.splice(waiting.indexOf(waiter), 1);
          settle();
        };
        const refuse = leave(() => reject(tooMany()));
        const waiter: Waiter = { source, turn, start: leave(resolve), refuse };
        const timer = setTimeout(refuse, maxWaitMs);
        waiting.push(waiter);
        // The last in line leaves, which may be the one that came now.
        if (waiting.length > maxWaiting) {
          waiting.reduce((last, other) => (other.turn > last.turn ? other : last)).refuse();
        }
      });
    },

    startFirst(): void {
      const next = waiting.reduce((first, other) => (other.turn <= first.turn ? other : first));
      currentTurn = next.turn;
      next.start();
    },
  };
}

const tooMany = () => new Problem('unavailable', 'server-busy', { retryAfter: 5 });

/** The queue of this process. With the hash itself, and what the database is asked, an answer comes within 5 s. */
export const inHashQueue = createHashQueue({
  atOnce: AT_ONCE,
  maxWaiting: AT_ONCE * 50,
  maxWaitingOf: AT_ONCE * 15,
  maxWaitMs: 3_000,
});
