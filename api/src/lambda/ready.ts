import type { FastifyInstance } from 'fastify';
import { isMigrated } from '../database/migrate.ts';

/**
 * Makes a function ready to answer: what a server does when it starts, but for the migrations, which the deployment has done. Until it
 * succeeds, the app answers 503.
 */
export async function makeReady(app: FastifyInstance): Promise<void> {
  if (app.readiness.prepared) return;
  try {
    await app.ready();
    if (!(await isMigrated(app.db))) throw new Error('the migrations of this version have not been applied');
    for (const work of app.preparations) await work();
    app.readiness.prepared = true;
  } catch (error) {
    app.log.error({ err: error }, 'the database is not ready: has the deployment prepared it?');
  }
}
