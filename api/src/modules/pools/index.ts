import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { poolRoutes } from './routes.ts';
import { additionSchema, memberPage, memberSchema, poolPage, poolSchema, removalSchema } from './schemas.ts';

/** Pools: groups of users to distribute coupons to. */
export default fp<ModuleOptions>(
  async (app) => {
    for (const schema of [poolSchema, poolPage, memberSchema, memberPage, additionSchema, removalSchema]) {
      app.addSchema(schema);
    }
    poolRoutes(app);
  },
  { name: 'pools', dependencies: ['users'] },
);
