import { sql } from 'kysely';
import fp from 'fastify-plugin';
import { version } from '../config.ts';
import { Problem } from '../problems.ts';

/** Liveness says "do not restart me"; readiness says "send me traffic": not before migrations, not without the database. */
export default fp(
  async (app) => {
    const schema = { hide: true };
    const config = { access: 'public', rateLimit: false } as const;

    app.get('/health/live', { schema, config, logLevel: 'warn' }, async () => ({ status: 'ok', version }));

    app.get('/health/ready', { schema, config, logLevel: 'warn' }, async () => {
      if (app.readiness.draining)
        throw new Problem('unavailable', 'This process is stopping.', { retryAfter: 1 });
      if (!app.readiness.prepared)
        throw new Problem('unavailable', 'The database is not ready yet.', { retryAfter: 1 });
      await sql`SELECT 1`.execute(app.db);
      return { status: 'ok', version };
    });
  },
  { name: 'health', dependencies: ['database', 'problem-details'] },
);
