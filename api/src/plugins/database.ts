import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/connection.ts';
import { errorCode } from '../database/errors.ts';
import { Problem } from '../problems.ts';

const MAX_WAITING = 1_000;
const ACQUIRE_TIMEOUT_MS = 3_000;
const DISK_FULL = '53100';

declare module 'fastify' {
  interface FastifyInstance {
    db: Database;
    /** What start-up and shutdown tell the rest: where the database is, and whether this process takes traffic. */
    readiness: {
      databaseUrl: string | undefined;
      prepared: boolean;
      draining: boolean;
      /** When (by `performance.now()`) the database last answered anything; long ago after it failed to. */
      answeredAt: number;
      /** Something could not be stored for want of space, and nobody has looked since. */
      diskWasFull: boolean;
    };
    /** Adds work to be done once the schema is there and before this process takes traffic. */
    addPreparation: (work: () => Promise<void>) => void;
    preparations: (() => Promise<void>)[];
  }
}

/** `app.db`, closed after the last request. Connects on first use, so that the server listens before the database is up. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const readiness = {
      databaseUrl: config.databaseUrl,
      prepared: false,
      draining: false,
      answeredAt: Number.NEGATIVE_INFINITY,
      diskWasFull: false,
    };
    const db = openDatabase({
      url: () => {
        if (readiness.databaseUrl) return readiness.databaseUrl;
        throw Object.assign(new Error('the embedded database is still starting'), { code: 'ECONNREFUSED' });
      },
      poolSize: config.databasePoolSize,
      maxWaiting: MAX_WAITING,
      acquireTimeoutMs: ACQUIRE_TIMEOUT_MS,
      // Another address for sessions is given when this one is PgBouncer's.
      ownSessions: config.databaseDirectUrl === config.databaseUrl,
      statementTimeoutMs: config.statementTimeoutMs,
      onIdleError: (error) => app.log.warn({ err: error }, 'an idle database connection broke'),
      onReturn: (outage) => {
        readiness.answeredAt = outage ? Number.NEGATIVE_INFINITY : performance.now();
        if (errorCode(outage) === DISK_FULL) readiness.diskWasFull = true;
      },
    });
    app.decorate('db', db);
    app.decorate('readiness', readiness);
    app.decorate('preparations', []);
    app.decorate('addPreparation', (work: () => Promise<void>) => void app.preparations.push(work));
    // Before the migrations there may be no tables, and a missing table is no defect of a request.
    app.addHook('onRequest', (request, _reply, done) => {
      if (readiness.prepared || !request.url.startsWith('/api/')) done();
      else done(new Problem('unavailable', 'The database is not ready yet.', { retryAfter: 1 }));
    });
    app.addHook('onClose', async () => {
      if (readiness.databaseUrl) await db.destroy();
    });
  },
  { name: 'database' },
);
