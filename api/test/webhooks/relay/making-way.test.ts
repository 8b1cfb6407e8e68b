import { expect, test } from 'vitest';
import { type Busyness, createPace } from '../../../src/modules/webhooks/relay/making-way.ts';

const STEP_MS = 50;

interface Life {
  seconds: number;
  commandsPerSecond: number;
  /** How many messages wait to be handed on in each step. */
  wanted?: number;
  /** The share of its time that the process works, when it hands on so many messages a second. */
  works: (perSecond: number) => number;
}

/** A process with a clock of its own. */
function startProcess() {
  const now: Busyness = { at: 0, workedMs: 0, commands: 0 };
  let madeWay = 0;
  const pace = createPace({ read: () => ({ ...now }), onMadeWay: (seconds) => (madeWay += seconds) });

  /** @returns how many messages it handed on in each second */
  function live({ seconds, commandsPerSecond, wanted = 1_000, works }: Life): number[] {
    return Array.from({ length: seconds }, () => {
      let handedOn = 0;
      for (let ms = 0; ms < 1_000; ms += STEP_MS) {
        const count = Math.max(0, Math.min(Math.floor(pace.left()), wanted));
        pace.spend(count);
        handedOn += count;
        now.at += STEP_MS;
        now.commands += (commandsPerSecond * STEP_MS) / 1_000;
        now.workedMs += Math.min(1, works((count * 1_000) / STEP_MS)) * STEP_MS;
      }
      return handedOn;
    });
  }
  return { pace, live, madeWay: () => madeWay };
}

/** As it is with clients that ask again as soon as they are answered: the process never has time. */
const always = () => 0.8;

test('a process that takes no commands is never limited, however busy it is', () => {
  const { pace, live, madeWay } = startProcess();
  live({ seconds: 60, commandsPerSecond: 0, works: () => 1 });
  expect([pace.isLimited(), madeWay()]).toEqual([false, 0]);
});

test('a thousand commands a second that leave time for their messages limit nothing', () => {
  const { pace, live, madeWay } = startProcess();
  const handedOn = live({
    seconds: 60,
    commandsPerSecond: 1_000,
    wanted: STEP_MS,
    works: (perSecond) => 0.2 + perSecond * 0.0002,
  });
  expect(new Set(handedOn)).toEqual(new Set([1_000]));
  expect([pace.isLimited(), madeWay()]).toEqual([false, 0]);
});

test('catching up beside some commands is not limited', () => {
  const { pace, live } = startProcess();
  live({ seconds: 60, commandsPerSecond: 50, works: () => 0.95 });
  expect(pace.isLimited()).toBe(false);
});

test('in a rush the pace falls to 300 messages a second, and never below, however long it lasts', () => {
  const { pace, live, madeWay } = startProcess();
  const [, , ...later] = live({ seconds: 600, commandsPerSecond: 5_000, works: always });
  for (const handedOn of later) expect(Math.abs(handedOn - 300)).toBeLessThanOrEqual(1);
  expect(pace.isLimited()).toBe(true);
  expect(madeWay()).toBeGreaterThan(590);
});

test('a page for many endpoints is paid off before the next one', () => {
  const { pace, live } = startProcess();
  live({ seconds: 3, commandsPerSecond: 5_000, wanted: 0, works: always });
  pace.spend(900);
  expect(live({ seconds: 2, commandsPerSecond: 5_000, works: always })).toEqual([0, 0]);
  expect(live({ seconds: 2, commandsPerSecond: 5_000, works: always })[1]).toBeGreaterThan(290);
});

test('after a rush nothing is limited: at once when no commands come, and else within some seconds', () => {
  const { pace, live } = startProcess();
  const rush = { seconds: 5, commandsPerSecond: 5_000, works: always };
  live(rush);
  live({ seconds: 1, commandsPerSecond: 0, works: always });
  expect(pace.isLimited()).toBe(false);
  live(rush);
  live({ seconds: 3, commandsPerSecond: 1_000, works: () => 0.4 });
  expect(pace.isLimited()).toBe(false);
});

test('at the edge it hands on what it has time for', () => {
  const { live } = startProcess();
  const works = (perSecond: number) => 0.4 + perSecond * 0.0002; // Busy from 1,000 a second on.
  const later = live({ seconds: 60, commandsPerSecond: 2_000, works }).slice(10);
  const mean = later.reduce((sum, count) => sum + count, 0) / later.length;
  expect(mean).toBeGreaterThan(500);
  expect(mean).toBeLessThan(1_500);
});
