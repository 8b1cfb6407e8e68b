import { availableParallelism } from 'node:os';
import { Problem } from '../../../problems.ts';
import { createWindows } from '../../../windows.ts';

/**
 * A hash takes 0.2 s of one of libuv's four threads. One thread is left for all else that uses them (verifying tokens, files),
 * and no more run than there are processors.
 */
export const HASHES_AT_ONCE = Math.min(3, availableParallelism());

export interface HashQueueOptions {
  atOnce: number;
  /** Most that wait, and most of one source. */
  maxWaiting: number;
  maxWaitingOf: number;
  /** Who has waited this long is told to come back. */
  maxWaitMs: number;
  /** While so many strangers wait, one that has tried before is not even heard: see `isCrowdedFor`. */
  crowd: number;
}

/** Whom a hash is for. */
export interface Source {
  /** Of a stranger the address; else the account, and where it is. */
  name: string;
  /** Of a stranger: see `networkScope`. */
  network?: string;
  /** Whether it has given the right password of the account before, on this device or from this address; or is signed in. */
  isKnown: boolean;
}

interface Waiter {
  name: string;
  rank: number;
  start: () => void;
  refuse: () => void;
}

/** How long a try puts its source behind others. */
const WINDOW_MS = 15 * 60_000;
/** So many tries of a network count like one of each of its addresses: it may be one guesser with many, or many people. */
const NETWORK_SHARE = 16;

/**
 * Lets a few hashes run at a time. Sources with the fewest tries in the last 15 minutes go first, so whoever comes for the first time
 * goes before all who try again. Among those with as many, the newest goes first: when more come than can be served, some are served
 * at once instead of all too late. Known sources have a line of their own, and every other hash is theirs: however many strangers
 * there are, they wait only for each other. See decision 18.
 */
export function createHashQueue({ atOnce, crowd, ...limits }: HashQueueOptions) {
  const [known, strangers] = [createLine(limits), createLine(limits)];
  const lineOf = ({ isKnown }: Source) => (isKnown ? known : strangers);
  let running = 0;
  let lastWasKnown = false;

  function startNext(): void {
    const line = (lastWasKnown ? [strangers, known] : [known, strangers]).find(({ size }) => size() > 0);
    if (!line) return void (running -= 1);
    lastWasKnown = line === known;
    line.startFirst(); // takes over the place
  }

  return {
    /** @throws {Problem} unavailable for who has waited too long, and for the last in line when it is full */
    async run<T>(source: Source, hash: () => Promise<T>): Promise<T> {
      const line = lineOf(source);
      const rank = line.countTry(source);
      if (running < atOnce) running += 1;
      else await line.wait(source.name, rank);
      try {
        return await hash();
      } finally {
        startNext();
      }
    },

    /** Takes a try back: a right password was no guess. */
    forgive: (source: Source) => lineOf(source).forgive(source),

    /** Whether a stranger has had its `tries` while others wait, so that to hear it again would only cost them time. */
    isCrowdedFor: (name: string, tries: number) =>
      strangers.size() >= crowd && strangers.triesOf(name) >= tries,
  };
}

/** Those who wait, and who has tried how often. */
function createLine({ maxWaiting, maxWaitingOf, maxWaitMs }: Omit<HashQueueOptions, 'atOnce' | 'crowd'>) {
  /** In the order of arrival. */
  const waiting: Waiter[] = [];
  const tries = createWindows(WINDOW_MS);
  const triesOf = (key: string) => tries.find(key, performance.now())?.used ?? 0;
  const keysOf = ({ name, network }: Source) =>
    network === undefined ? [name] : [name, networkKey(network)];

  return {
    size: () => waiting.length,
    triesOf,

    /** @returns the place of this try: lower ones go first */
    countTry(source: Source): number {
      const { name, network } = source;
      const ofNetwork = network === undefined ? 0 : triesOf(networkKey(network));
      const rank = Math.max(triesOf(name), Math.floor(ofNetwork / NETWORK_SHARE));
      for (const key of keysOf(source)) tries.use(key, performance.now());
      return rank;
    },

    forgive(source: Source): void {
      for (const key of keysOf(source)) {
        const window = tries.find(key, performance.now());
        if (window) window.used = Math.max(0, window.used - 1);
      }
    },

    wait(name: string, rank: number): Promise<void> {
      if (waiting.filter((other) => other.name === name).length >= maxWaitingOf) throw tooMany();
      return new Promise((resolve, reject) => {
        const leave = (settle: () => void) => () => {
          clearTimeout(timer);
          waiting.splice(waiting.indexOf(waiter), 1);
          settle();
        };
        const refuse = leave(() => reject(tooMany()));
        const waiter: Waiter = { name, rank, start: leave(resolve), refuse };
        const timer = setTimeout(refuse, maxWaitMs);
        waiting.push(waiter);
        // The last in line leaves, which may be the one that came now.
        if (waiting.length > maxWaiting) {
          waiting.reduce((last, other) => (other.rank > last.rank ? other : last)).refuse();
        }
      });
    },

    startFirst(): void {
      waiting.reduce((first, other) => (other.rank <= first.rank ? other : first)).start();
    },
  };
}

const networkKey = (network: string) => `network ${network}`;

const tooMany = () => new Problem('unavailable', 'server-busy', { retryAfter: 5 });

/** The queue of this process. With the hash itself, and what the database is asked, an answer comes within 5 s. */
export const hashQueue = createHashQueue({
  atOnce: HASHES_AT_ONCE,
  maxWaiting: HASHES_AT_ONCE * 50,
  maxWaitingOf: HASHES_AT_ONCE * 15,
  maxWaitMs: 3_000,
  crowd: HASHES_AT_ONCE * 5,
});
