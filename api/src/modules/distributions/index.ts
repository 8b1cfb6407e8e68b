import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { distribution } from './distribute.ts';
import { distributionMailMergeRoute } from './mail-merge.ts';
import { distributionRoutes } from './routes.ts';
import { drawSchema, previewSchema } from './schemas.ts';
import { undo } from './undo.ts';

/** How distributions are done and undone by jobs. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [previewSchema, drawSchema]) app.addSchema(schema);
    app.addJobWork('distribute', distribution);
    app.addUndo('distribute', undo);
  },
  { name: 'distributions-core', dependencies: ['pools-core', 'jobs-core', 'coupons-core'] },
);

/** Distributions: coupons of a book for the members of a pool, by a draw that can be proved, and taking them back. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    distributionRoutes(app);
    distributionMailMergeRoute(app, { config });
  },
  { name: 'distributions', dependencies: ['distributions-core'] },
);
