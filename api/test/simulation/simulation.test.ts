import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { checkInvariants } from '../support/invariants.ts';
import { installClock } from './clock.ts';
import { runGroup } from './driver.ts';

/**
 * Random histories of a few users, books and coupons, on the real database through the real group commit, with a clock that jumps and
 * transactions that fail, against a model that knows nothing of either. To run one again: SIMULATION_SEED, and SIMULATION_GROUP
 * for the failing group alone; SIMULATION_HISTORIES for more or fewer.
 */
const SEED = process.env.SIMULATION_SEED ?? randomUUID().slice(0, 8);
const HISTORIES = Number(process.env.SIMULATION_HISTORIES ?? 10_000);
const ONLY = process.env.SIMULATION_GROUP;
const START = Date.parse('2026-01-01T00:00:00Z');
const GROUP_SIZE = 500;
/** Most histories are short, one group in ten is long. */
const roundsOf = (group: number) => (group % 10 === 9 ? 24 : 7);

let database: TestDatabase;
let clock: Awaited<ReturnType<typeof installClock>>;
let app: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  clock = await installClock(database.url, START);
  app = await startTestApp({
    databaseUrl: clock.url,
    modules: selectModules(['coupons']),
    // The model knows nothing of a busy machine: neither slow statements nor waiting for a connection.
    config: { statementTimeoutMs: 60_000, databasePoolSize: 30 },
  });
});
afterAll(async () => {
  await app.close();
  await clock.close();
  await database.drop();
});

// A minute of work for a whole core: of a busy machine it may get a tenth.
test(`${HISTORIES} random histories go as the model says`, { timeout: 1_800_000 }, async () => {
  const groups =
    ONLY === undefined
      ? Array.from({ length: Math.ceil(HISTORIES / GROUP_SIZE) }, (_, n) => n)
      : [Number(ONLY)];
  const { db } = app;
  const totals: Record<string, number> = {};
  const paths: Record<string, number> = {};
  let now = START;
  for (const number of groups) {
    try {
      const result = await runGroup({
        db,
        seed: SEED,
        number,
        size: GROUP_SIZE,
        rounds: roundsOf(number),
        now,
        setClock: clock.set,
      });
      now = result.now;
      for (const [name, n] of Object.entries(result.stats)) totals[name] = (totals[name] ?? 0) + n;
      for (const [path, n] of Object.entries(result.paths)) paths[path] = (paths[path] ?? 0) + n;
    } catch (error) {
      const again = `SIMULATION_SEED=${SEED} SIMULATION_GROUP=${number}`;
      throw new Error(`To see it again: ${again}\n${(error as Error).message}`, { cause: error });
    }
  }
  await checkInvariants(db, { limitsFell: true });
  const commands = Object.values(totals).reduce((sum, n) => sum + n, 0);
  console.info(
    `simulation: seed ${SEED}, ${groups.length * GROUP_SIZE} histories, ${commands} commands`,
    totals,
    paths,
  );
  if (groups.length < 10) return;
  for (const lane of ['assign-random', 'by-code'])
    for (const path of ['one trip', 'usual', 'usual after all'])
      expect(paths[`${lane} ${path}`], `${lane} ${path}`).toBeGreaterThan(100);
  // Whatever can happen has happened, often.
  for (const outcome of [
    'assign done',
    'lock done',
    'unlock done',
    'redeem done',
    'unassign done',
    'roll back done',
    'replayed',
    'overdue',
  ]) {
    expect(totals[outcome], outcome).toBeGreaterThan(groups.length);
  }
});
