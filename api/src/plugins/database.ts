import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/connection.ts';
import { errorCode, isRefusedChange } from '../database/errors.ts';
import { isMissingRight, listMissingRights } from '../database/rights.ts';
import { secretPassword } from '../database/secret-password.ts';
import { Problem } from '../problems.ts';

const MAX_WAITING = 1_000;
const ACQUIRE_TIMEOUT_MS = 3_000;
const SAY_AGAIN_MS = 10_000;

declare module 'fastify' {
  interface FastifyInstance {
    db: Database;
    /** Adds work on the data, to be done after migrations and after a restore; it may be done again, and by several at once. */
    addUpgrade: (work: () => Promise<void>) => void;
    upgrades: (() => Promise<void>)[];
    /** Adds work that each process does before it takes traffic. */
    addPreparation: (work: () => Promise<void>) => void;
    preparations: (() => Promise<void>)[];
    /** Logs which rights the database's role lacks, and what gives them. */
    sayMissingRights: () => Promise<void>;
  }
}

/** `app.db`, closed after the last request. Connects on first use, so that the server listens before the database is up. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const { readiness } = app;
    const db = openDatabase({
      url: () => {
        if (readiness.databaseUrl) return readiness.databaseUrl;
        throw Object.assign(new Error('the embedded database is still starting'), { code: 'ECONNREFUSED' });
      },
      password: config.databaseSecretArn === undefined ? undefined : secretPassword(config.databaseSecretArn),
      poolSize: config.databasePoolSize,
      maxWaiting: MAX_WAITING,
      acquireTimeoutMs: ACQUIRE_TIMEOUT_MS,
      // Another address for sessions is given when this one is PgBouncer's.
      ownSessions: config.databaseDirectUrl === config.databaseUrl,
      statementTimeoutMs: config.statementTimeoutMs,
      onIdleError: (error) => app.log.warn({ err: error }, 'an idle database connection broke'),
      onReturn: (outage) => {
        readiness.answeredAt = outage ? Number.NEGATIVE_INFINITY : performance.now();
        if (isRefusedChange(outage)) readiness.refusal = errorCode(outage);
        if (isMissingRight(outage)) void sayMissingRights();
      },
    });
    let saidAt = Number.NEGATIVE_INFINITY;
    /** Beside the requests that are refused, once in a while: it is for the operator. */
    async function sayMissingRights(): Promise<void> {
      if (performance.now() - saidAt < SAY_AGAIN_MS) return;
      saidAt = performance.now();
      try {
        const run = await listMissingRights(db);
        if (run.length > 0)
          app.log.error(
            { run },
            'the role of DATABASE_URL lacks rights: let the owner of the database run these',
          );
      } catch (err) {
        app.log.debug({ err }, 'the rights of the role of DATABASE_URL cannot be read');
      }
    }

    app.decorate('sayMissingRights', sayMissingRights);
    app.decorate('db', db);
    app.decorate('upgrades', []);
    app.decorate('addUpgrade', (work: () => Promise<void>) => void app.upgrades.push(work));
    app.decorate('preparations', []);
    app.decorate('addPreparation', (work: () => Promise<void>) => void app.preparations.push(work));
    // Before the migrations there may be no tables, and a missing table is no defect of a request.
    app.addHook('onRequest', (request, _reply, done) => {
      if (readiness.prepared || !request.url.startsWith('/api/')) done();
      else done(new Problem('unavailable', 'database-not-ready', { retryAfter: 1 }));
    });
    app.addHook('onClose', async () => {
      if (readiness.databaseUrl) await db.destroy();
    });
  },
  { name: 'database' },
);
