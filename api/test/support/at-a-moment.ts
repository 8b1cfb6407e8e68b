import { selectModules } from '../../src/modules/index.ts';
import { installClock } from '../simulation/clock.ts';
import { startTestApp, type TestApp } from './app.ts';
import { createTestDatabase } from './database.ts';

/** The moment at which the database's clock stands still. */
export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
/** The least by which two times differ, in seconds. */
export const MOMENT = 0.001;

/** Coupons in a database of its own whose clock is NOW until it is set. */
export async function startAtMoment(): Promise<{
  app: TestApp;
  clock: Awaited<ReturnType<typeof installClock>>;
  close: () => Promise<void>;
}> {
  const database = await createTestDatabase();
  const clock = await installClock(database.url, NOW.getTime());
  const app = await startTestApp({ databaseUrl: clock.url, modules: selectModules(['coupons']) });
  return {
    app,
    clock,
    async close() {
      await app.close();
      await clock.close();
      await database.drop();
    },
  };
}
