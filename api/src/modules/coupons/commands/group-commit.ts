import { isOutage } from '../../../database/errors.ts';
import { LOOK_EVERY_MS, overdue } from '../../../deadline.ts';
import { Problem } from '../../../problems.ts';

/** What `run` answers for an item that could not be settled yet: it goes into a later group. */
export const AGAIN = Symbol('again');

export interface GroupCommitOptions<T, R> {
  /**
   * Settles a whole group in one transaction; the results are in the order of the items. Throws: nothing was done, or, after an outage,
   * nobody knows.
   * @param alone the item's group failed, and it is tried by itself: others wait behind it
   */
  run: (items: T[], alone: boolean) => Promise<(R | typeof AGAIN)[]>;
  /** No two items that share a key are in one group; they run in the order they came, unless the first one's group is stuck. */
  keysOf: (item: T) => string[];
  /** Lets a group begin when its turn comes; it is made up only then. */
  inTurn?: (work: () => Promise<void>) => Promise<void>;
  /** Most items in a group. */
  maxSize?: number;
  /** Most items waiting; one more is refused at once. */
  maxWaiting?: number;
  /** A group that takes longer than this is stuck, and does not hold up the next one any more. */
  stuckMs?: number;
  /** Told when the last item has been settled. */
  onIdle?: () => void;
}

/**
 * Answers written at a time. Between two such parts the database is listened to: while all of them were written at once, its answer for
 * the next group waited, and PostgreSQL was idle in transaction for 40 % of the time.
 */
const ANSWERS_AT_ONCE = 8;

const STUCK_MS = 1_000;
/** Most groups under way, all but one of them stuck. */
const MAX_UNDER_WAY = 2;

interface Entry<T, R> {
  item: T;
  keys: string[];
  putOff: number;
  deadline: number;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

interface Group<T, R> {
  entries: Entry<T, R>[];
  /** Infinity until its turn has come. */
  startedAt: number;
  stuck: boolean;
}

/**
 * Group commit in the application: items that arrive while a group is being settled wait for the next one, so the busier the server the
 * larger its groups; an idle one starts at once. One group is under way at a time (two or four were slower: smaller groups, more
 * commits); only beside a stuck one there is a second. When a group fails, its items are settled one by one, so that one cannot spoil
 * the others; after an outage nothing is repeated, because the COMMIT may have arrived.
 *
 * Every item is answered by its deadline. One that is still waiting then is never run.
 */
export function createGroupCommit<T, R>(
  options: GroupCommitOptions<T, R>,
): { submit: (item: T, deadline: number) => Promise<R> } {
  const { run, keysOf, inTurn = (work) => work(), maxSize = 500, maxWaiting = 10_000, onIdle } = options;
  const { stuckMs = STUCK_MS } = options;
  const underWay = new Set<Group<T, R>>();
  let queue: Entry<T, R>[] = [];
  let putOff = 0;
  let waking = false;
  let looking: NodeJS.Timeout | undefined;

  /** @param deadline by `performance.now()` */
  function submit(item: T, deadline: number): Promise<R> {
    if (queue.length + putOff >= maxWaiting) {
      return Promise.reject(new Problem('unavailable', 'server-busy', { retryAfter: 1 }));
    }
    return new Promise<R>((resolve, reject) => {
      queue.push({ item, keys: keysOf(item), putOff: 0, deadline, resolve, reject });
      wake();
    });
  }

  /** After the requests that came in with this one have been read: they make the first group together. */
  function wake(): void {
    if (waking || queue.length === 0 || !mayBegin()) return;
    waking = true;
    if (!looking) lookLater();
    setImmediate(() => {
      waking = false;
      void drain();
    });
  }

  function mayBegin(): boolean {
    if (underWay.size >= MAX_UNDER_WAY) return false;
    for (const { stuck } of underWay) if (!stuck) return false;
    return true;
  }

  async function drain(): Promise<void> {
    while (queue.length > 0 && mayBegin()) {
      const group: Group<T, R> = { entries: [], startedAt: Infinity, stuck: false };
      underWay.add(group);
      try {
        await inTurn(() => {
          group.startedAt = performance.now();
          group.entries = takeGroup();
          return carryOut(group.entries);
        });
      } catch (error) {
        for (const { reject } of takeGroup()) reject(error); // There are too many who wait for their turn.
      }
      underWay.delete(group);
    }
    if (queue.length > 0 || underWay.size > 0) return;
    clearTimeout(looking);
    looking = undefined;
    if (putOff === 0) onIdle?.();
  }

  function takeGroup(): Entry<T, R>[] {
    const group: Entry<T, R>[] = [];
    const rest: Entry<T, R>[] = [];
    const taken = new Set<string>();
    for (const entry of queue) {
      const fits = group.length < maxSize && !entry.keys.some((key) => taken.has(key));
      (fits ? group : rest).push(entry);
      for (const key of entry.keys) taken.add(key);
    }
    queue = rest;
    return group;
  }

  async function carryOut(entries: Entry<T, R>[], alone = false): Promise<void> {
    if (entries.length === 0) return;
    try {
      const results = await run(
        entries.map(({ item }) => item),
        alone,
      );
      const done: (() => void)[] = [];
      entries.forEach((entry, index) => {
        const result = results[index]!;
        if (result === AGAIN) retryLater(entry);
        else done.push(() => entry.resolve(result));
      });
      // The next group first: while the database works on it, the answers of this one are written.
      if (queue.length > 0) setImmediate(deliver, done);
      else deliver(done);
    } catch (error) {
      if (entries.length === 1 || isOutage(error)) for (const entry of entries) entry.reject(error);
      else for (const entry of entries) if (!rejectOverdue(entry)) await carryOut([entry], true);
    }
  }

  function retryLater(entry: Entry<T, R>): void {
    if (rejectOverdue(entry)) return;
    entry.putOff += 1;
    putOff += 1;
    setTimeout(
      () => {
        putOff -= 1;
        queue.unshift(entry);
        wake();
      },
      entry.putOff === 1 ? 0 : Math.random() * 10 * Math.min(entry.putOff, 5),
    );
  }

  function lookLater(): void {
    const timer = setTimeout(
      // A turn later: on a busy machine the answers may be there, and only not read yet.
      () => setImmediate(() => looking === timer && look()),
      Math.min(LOOK_EVERY_MS, stuckMs),
    );
    looking = timer;
  }

  /** Now and then while anything is under way: whose time is over, and what is stuck. */
  function look(): void {
    const now = performance.now();
    if (queue.some(({ deadline }) => deadline < now)) queue = queue.filter((entry) => !rejectOverdue(entry));
    for (const group of underWay) {
      group.stuck = now - group.startedAt > stuckMs;
      group.entries.forEach(rejectOverdue);
    }
    lookLater();
    wake();
  }

  return { submit };
}

function rejectOverdue({ deadline, reject }: Pick<Entry<unknown, never>, 'deadline' | 'reject'>): boolean {
  const isOver = performance.now() > deadline;
  if (isOver) reject(overdue());
  return isOver;
}

function deliver(done: (() => void)[]): void {
  for (const resolve of done.splice(0, ANSWERS_AT_ONCE)) resolve();
  if (done.length > 0) setImmediate(deliver, done);
}
