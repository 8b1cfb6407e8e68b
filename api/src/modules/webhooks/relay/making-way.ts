import { performance } from 'node:perf_hooks';

/** So many commands a second, while this process works for so much of the time, are a rush. */
const RUSH_COMMANDS = 100;
const RUSH_UTILIZATION = 0.6;
/** So many messages a second are handed on in a rush, however long it lasts. */
const FLOOR = 300;
/** More than anybody hands on: then nothing is limited any more. */
const CEILING = 10_000;
const LOOK_EVERY_MS = 200;
/** What was not used is kept for so long. */
const KEEP_MS = 500;

/** How fast this process may hand on. */
export interface Pace {
  /** How many messages may be taken now; below one: none. `Infinity` while nothing is limited. */
  left: () => number;
  /** Says how many were taken, by how many requests they are sent. */
  spend: (count: number) => void;
  isLimited: () => boolean;
}

/** Of a process that takes no commands. */
export const freePace: Pace = { left: () => Infinity, spend: () => undefined, isLimited: () => false };

/** How busy a process was up to now. */
export interface Busyness {
  /** By `performance.now()`. */
  at: number;
  /** For how long it has worked until then, in milliseconds. */
  workedMs: number;
  /** How many commands it has taken until then. */
  commands: number;
}

export interface PaceOptions {
  read: () => Busyness;
  /** Told for how long handing on was limited, in seconds. */
  onMadeWay: (seconds: number) => void;
}

/**
 * Lets handing on make way for commands, where one process does both. The rule: in a rush the pace is halved five times a second, down
 * to the floor; when the rush is over it grows by half as often, until nothing limits it. It is a rush only while commands come and
 * the process as a whole, handing on included, has little time left. So who takes no commands is never limited, nor who has time for both;
 * and at the edge the pace becomes what the process has time for.
 */
export function createPace({ read, onMadeWay }: PaceOptions): Pace {
  let seen = read();
  let refilledAt = seen.at;
  let spent = 0;
  let perSecond = Infinity;
  let credit = 0;

  function look(now: Busyness): void {
    const ms = now.at - seen.at;
    if (ms < LOOK_EVERY_MS) return;
    const perMs = 1000 / ms;
    const comes = (now.commands - seen.commands) * perMs >= RUSH_COMMANDS;
    const isRush = comes && (now.workedMs - seen.workedMs) / ms >= RUSH_UTILIZATION;
    if (perSecond < Infinity) onMadeWay(ms / 1000);
    if (isRush) perSecond = Math.max(FLOOR, Math.min(perSecond, spent * perMs) / 2);
    else if (comes) perSecond *= 1.5 ** (ms / LOOK_EVERY_MS);
    else perSecond = Infinity;
    if (perSecond > CEILING) perSecond = Infinity;
    seen = now;
    spent = 0;
  }

  return {
    left() {
      const now = read();
      look(now);
      if (perSecond === Infinity) credit = 0;
      else
        credit = Math.min(credit + ((now.at - refilledAt) * perSecond) / 1000, (KEEP_MS * perSecond) / 1000);
      refilledAt = now.at;
      return perSecond === Infinity ? Infinity : credit;
    },
    spend(count) {
      spent += count;
      credit -= count;
    },
    isLimited: () => perSecond < Infinity,
  };
}

/** How busy this process was. */
export function busynessOf(commands: () => number): () => Busyness {
  return () => ({
    at: performance.now(),
    workedMs: performance.eventLoopUtilization().active,
    commands: commands(),
  });
}
