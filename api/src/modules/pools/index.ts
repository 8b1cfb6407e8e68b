import fp from 'fastify-plugin';
import { addFileSchemas } from '../../files/schemas.ts';
import type { ModuleOptions } from '../module.ts';
import { poolMailMergeRoute } from './mail-merge.ts';
import { poolRoutes } from './routes.ts';
import { additionSchema, memberPage, memberSchema, poolPage, poolSchema, removalSchema } from './schemas.ts';

/** Pools, as other modules show them. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [poolSchema, poolPage, memberSchema, memberPage, additionSchema, removalSchema]) {
      app.addSchema(schema);
    }
    addFileSchemas(app);
  },
  { name: 'pools-core', dependencies: ['accounts-core'] },
);

/** Pools: groups of users to distribute coupons to. In a scope of its own, because here a CSV is read whole: it names people, not codes. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    await app.register(async (scope) => {
      scope.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body, done) =>
        done(null, body),
      );
      poolRoutes(scope);
      poolMailMergeRoute(scope, { config });
    });
  },
  { name: 'pools', dependencies: ['pools-core'] },
);
