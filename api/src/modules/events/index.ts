import fp from 'fastify-plugin';
import { inTransaction } from '../../database/transaction.ts';
import type { ModuleOptions } from '../module.ts';
import { type Audience, createAudience } from './audience.ts';
import { createHub } from './hub.ts';
import { streamedEventSchema } from './messages.ts';
import { nameOldEvents, noteRestoredRows } from './queries.ts';
import { eventRoutes } from './routes.ts';
import { eventPage, eventSchema } from './schemas.ts';
import { streamRoutes } from './stream-routes.ts';

/** What a restored database needs before anybody follows its events. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [eventSchema, eventPage, streamedEventSchema]) app.addSchema(schema);
    app.addPreparation(() => inTransaction(app.db, noteRestoredRows));
    app.addChore('names of old events', () => nameOldEvents(app.db));
  },
  {
    name: 'events-core',
    dependencies: ['database', 'authentication', 'openapi', 'maintenance', 'coupons-core'],
  },
);

/** Events: the audit trail, and the live stream of it. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    let closing = false;
    const hub = createHub({ db: app.db, log: app.log, beforeTelling: () => audience.checkAccounts() });
    const audience: Audience = createAudience({
      db: app.db,
      hub,
      limitScale: config.rateLimitScale,
      // While load balancers turn away, streams go on like everything else; they end when no more connections are accepted.
      isStopping: () => closing || (app.readiness.draining && !app.server.listening),
    });
    const { Gauge } = app.metrics.client;
    new Gauge({
      name: 'event_streams',
      help: 'live streams that are open',
      collect() {
        this.set(audience.size());
      },
    });

    app.addHook('preClose', async () => {
      closing = true;
      audience.stop();
      await hub.stop();
    });
    eventRoutes(app);
    streamRoutes(app, audience);
  },
  { name: 'events', dependencies: ['events-core', 'metrics'] },
);
