import fp from 'fastify-plugin';
import { inTransaction } from '../../database/transaction.ts';
import type { ModuleOptions } from '../module.ts';
import { nameOldEvents } from './events/name-old-events.ts';
import { noteRestoredRows } from './events/queries.ts';
import { eventRoutes } from './events/routes.ts';
import { eventPage, eventSchema } from './events/schemas.ts';
import { redemptionRoutes } from './redemptions/routes.ts';
import { redemptionPage, redemptionSchema } from './redemptions/schemas.ts';
import { type Audience, createAudience } from './stream/audience.ts';
import { createHub } from './stream/hub.ts';
import { streamedEventSchema } from './stream/messages.ts';
import { streamRoutes } from './stream/routes.ts';

/** What a restored database needs before anybody follows its events. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [redemptionSchema, redemptionPage, eventSchema, eventPage, streamedEventSchema])
      app.addSchema(schema);
    app.addUpgrade(() => inTransaction(app.db, noteRestoredRows));
    app.addChore('names of old events', (stopping) => nameOldEvents(app.db, stopping));
  },
  {
    name: 'history-core',
    dependencies: ['database', 'authentication', 'openapi', 'maintenance', 'coupons-core'],
  },
);

/** What happened: the audit trail of events, and redemptions. */
export const reads = fp<ModuleOptions>(
  async (app) => {
    redemptionRoutes(app);
    eventRoutes(app);
  },
  { name: 'history-reads', dependencies: ['history-core'] },
);

/** What happens: the live stream of events. */
export const stream = fp<ModuleOptions>(
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
    streamRoutes(app, audience, config);
  },
  { name: 'history-stream', dependencies: ['history-core', 'metrics'] },
);
