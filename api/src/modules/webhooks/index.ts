import fp from 'fastify-plugin';
import type { Config } from '../../config.ts';
import type { ModuleOptions } from '../module.ts';
import { type AllowedNetworks, readNetworks } from '../../addresses.ts';
import { forgetDeliveries } from './deliveries/forget.ts';
import { deliveryRoutes } from './deliveries/routes.ts';
import { messageTypes } from './event-types.ts';
import { fanOut } from './fan-out.ts';
import { countWhatLeaves } from './metrics.ts';
import { createEventBridge } from './relay/eventbridge.ts';
import { busynessOf, createPace } from './relay/making-way.ts';
import { relayRoutes } from './relay/routes.ts';
import { createRelays, type Relays } from './relay/run.ts';
import type { Sink } from './relay/sink.ts';
import { createSqs } from './relay/sqs.ts';
import { webhookRoutes } from './routes.ts';
import { webhookSchemas } from './schemas.ts';
import { createSender } from './sender.ts';

declare module 'fastify' {
  interface FastifyInstance {
    relays: Relays;
  }
}

/** Who sends, in messages. */
const sourceOf = ({ publicUrl }: Config) => publicUrl ?? 'coupon-book';

const allowedBy = (config: Config): AllowedNetworks => readNetworks(config.webhookAllowPrivate) ?? [];

/** The relay: hands on what happened, to webhooks and to the queues that the environment names. Runs while the process listens. */
export const core = fp<ModuleOptions>(
  async (app, { config }) => {
    const { db, log } = app;
    const metrics = countWhatLeaves(app);
    const pace = createPace({ read: busynessOf(app.commandsTaken), onMadeWay: metrics.onMadeWay });
    const sender = createSender({
      db,
      log,
      pace,
      source: sourceOf(config),
      connections: { allowed: allowedBy(config) },
      onTry: metrics.onTry,
      onGone: metrics.onGone,
    });
    const sinks: Sink[] = [{ name: 'webhooks', ...fanOut, ...sender }];
    const source = sourceOf(config);
    const { sqsQueueUrl: queueUrl, eventBusName: busName } = config;
    if (queueUrl !== undefined)
      sinks.push(createSqs({ queueUrl, source, onSent: (count) => metrics.onSent('sqs', count) }));
    if (busName !== undefined)
      sinks.push(
        createEventBridge({ busName, source, onSent: (count) => metrics.onSent('eventbridge', count) }),
      );
    const relays = createRelays({
      db,
      log,
      sinks,
      isReady: () => app.readiness.prepared,
      onFailure: metrics.onFailure,
      pace,
    });
    app.decorate('relays', relays);
    app.addChore('old deliveries', (stopping) => forgetDeliveries(db, stopping));
    app.addHook('onListen', async () => relays.start());
    app.addHook('preClose', () => relays.stop());
  },
  {
    name: 'webhooks-core',
    dependencies: ['database', 'maintenance', 'service-metrics', 'coupons-core', 'history-core'],
  },
);

/** Webhooks, as administrators make and watch them. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    for (const schema of [...messageTypes.map(({ schema }) => schema), ...webhookSchemas])
      app.addSchema(schema);
    webhookRoutes(app, allowedBy(config));
    deliveryRoutes(app, sourceOf(config));
    relayRoutes(app);
  },
  { name: 'webhooks', dependencies: ['history-core', 'authentication', 'openapi'] },
);
