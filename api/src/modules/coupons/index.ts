import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import type { SubmitCommand } from './commands/command.ts';
import { createLanes } from './commands/lanes.ts';
import {
  bookCouponPage,
  bookCouponSchema,
  couponEventPage,
  couponEventSchema,
  couponPage,
  couponSchema,
} from './present.ts';
import { registerAssign, registerRedeem } from './commands/routes.ts';
import { countLocks } from './reads/queries.ts';
import { registerReads } from './reads/routes.ts';
import { sweepExpiredLocks } from './sweep.ts';
import { registerRollback, registerUnassign } from './admin/routes.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Settles a command together with those that arrive meanwhile. */
    submitCommand: SubmitCommand;
    /** How many commands this process has taken. */
    commandsTaken: () => number;
  }
}

/** What all that has to do with coupons shares: the lanes of commands, and the sweep of locks that have run out. */
export const core = fp<ModuleOptions>(
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

    const { Counter, Histogram } = app.metrics.client;
    const sizes = new Histogram({
      name: 'coupon_group_size',
      help: 'commands settled by one transaction',
      labelNames: ['lane'],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    });
    const times = new Histogram({
      name: 'coupon_group_seconds',
      help: 'time of one transaction',
      labelNames: ['lane'],
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    });
    const paths = {
      'assign-random': new Counter({
        name: 'coupon_random_groups_total',
        help: 'groups of random assignments, by how many round trips they took',
        labelNames: ['path'],
      }),
      'by-code': new Counter({
        name: 'coupon_by_code_groups_total',
        help: 'groups of locks, unlocks and redemptions, by how many round trips they took',
        labelNames: ['path'],
      }),
    };
    const submit = createLanes({
      db: app.db,
      maxBooksAtOnce: Math.max(1, config.databasePoolSize - 4),
      onGroup: (lane, size, seconds, path) => {
        if (lane !== 'assign-code') paths[lane].inc({ path });
        sizes.observe({ lane }, size);
        times.observe({ lane }, seconds);
      },
    });

    let taken = 0;
    app.decorate('submitCommand', (command) => {
      taken += 1;
      return submit(command);
    });
    app.decorate('commandsTaken', () => taken);
    app.addDatabaseGauges(
      {
        coupons_locked: {
          help: 'coupons that are locked, and those whose lock has run out but is not noted yet',
          labelNames: ['lock'],
        },
      },
      async () => {
        const { held, overdue } = await countLocks(app.db);
        return {
          coupons_locked: [
            { labels: { lock: 'held' }, value: held },
            { labels: { lock: 'overdue' }, value: overdue },
          ],
        };
      },
    );
    app.addChore('expired locks', () => sweepExpiredLocks(app.db));
  },
  {
    name: 'coupons-core',
    dependencies: ['database', 'authentication', 'openapi', 'service-metrics', 'maintenance'],
  },
);

/** Coupons are given to users. */
export const assign = fp<ModuleOptions>(
  async (app, { config }) => registerAssign(app, config.rateLimitScale),
  {
    name: 'coupons-assign',
    dependencies: ['coupons-core'],
  },
);

/** Coupons are held and spent; a redemption is undone. */
export const redeem = fp<ModuleOptions>(
  async (app, { config }) => {
    registerRedeem(app, config.rateLimitScale);
    registerRollback(app);
  },
  { name: 'coupons-redeem', dependencies: ['coupons-core'] },
);

/** What an ADMIN does to one coupon. */
export const admin = fp<ModuleOptions>(async (app) => registerUnassign(app), {
  name: 'coupons-admin',
  dependencies: ['coupons-core'],
});

/** Coupons are looked at. */
export const reads = fp<ModuleOptions>(async (app, { config }) => registerReads(app, config.rateLimitScale), {
  name: 'coupons-reads',
  dependencies: ['coupons-core'],
});
