import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { createCommands } from './commands.ts';
import {
  bookCouponPage,
  bookCouponSchema,
  couponEventPage,
  couponEventSchema,
  couponPage,
  couponSchema,
} from './present.ts';
import { registerCommands } from './command-routes.ts';
import { registerReads } from './read-routes.ts';
import { sweepExpiredLocks } from './sweep.ts';
import { registerTakeBack } from './take-back-routes.ts';

/** Coupons: assigned, locked, redeemed and looked at. */
export default fp<ModuleOptions>(
  async (app, { config }) => {
    for (const schema of [
      couponSchema,
      couponPage,
      bookCouponSchema,
      bookCouponPage,
      couponEventSchema,
      couponEventPage,
    ])
      app.addSchema(schema);

    const { Histogram } = app.metrics.client;
    const sizes = new Histogram({
      name: 'coupon_batch_size',
      help: 'requests settled by one transaction',
      labelNames: ['lane'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    });
    const times = new Histogram({
      name: 'coupon_batch_seconds',
      help: 'time of one transaction',
      labelNames: ['lane'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    });
    const submit = createCommands({
      db: app.db,
      maxBooksAtOnce: Math.max(1, config.databasePoolSize - 4),
      onBatch: (lane, size, seconds) => {
        sizes.observe({ lane }, size);
        times.observe({ lane }, seconds);
      },
    });

    registerCommands(app, submit, config.rateLimitScale);
    registerTakeBack(app);
    registerReads(app, config.rateLimitScale);
    app.addChore('expired locks', () => sweepExpiredLocks(app.db));
  },
  { name: 'coupons', dependencies: ['database', 'authentication', 'openapi', 'metrics', 'maintenance'] },
);
