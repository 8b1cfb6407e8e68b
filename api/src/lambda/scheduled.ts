import type { FastifyInstance } from 'fastify';
import { makeReady } from './ready.ts';

/** For jobs to end their step, and for connections to close. */
const STOP_MS = 20_000;

/**
 * What a server does in the background, as far as it comes: the chores once, then what happened is handed on, beside jobs until none is
 * left or the time is up. A job that is not finished goes on the next time where it stopped.
 * @param app of the background modules, which is closed at the end
 * @param timeMs until this function is ended by force
 */
export async function workInBackground(app: FastifyInstance, timeMs: number): Promise<void> {
  const timeIsUp = AbortSignal.timeout(Math.max(1, Math.floor(timeMs - STOP_MS)));
  try {
    await makeReady(app);
    if (!app.readiness.prepared) throw new Error('the database is not ready');
    await app.doChores(timeIsUp);
    await Promise.all([app.jobQueue.untilIdle(timeIsUp), app.relays.handOnOnce(timeIsUp)]);
  } finally {
    await app.close();
  }
}
